//! The ids of tool calls as one server takes them: new names where it refuses the old ones, the
//! same in a call and its result, never one name for two calls. A new name depends on what came
//! before it alone, so that the next request of a conversation has the same and a cache of prompts
//! still fits.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::Value;

use crate::request::{Content, ContentPart, Message};

/// What an id may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallIdRule {
    /// Any text.
    Any,
    /// Any text of at most so many bytes.
    UpTo(usize),
    /// So many letters and digits.
    Exactly(usize),
    /// Letters, digits, underscores and dashes, and no two calls of a conversation alike.
    Word,
    /// The same with dots and colons, at most so many.
    WordUpTo(usize),
}

/// The models of a vendor that refuses other ids, on whichever server they run.
const MODELS: &[(&str, CallIdRule)] = &[
    ("mistral", CallIdRule::MISTRAL),
    ("mixtral", CallIdRule::MISTRAL),
    ("ministral", CallIdRule::MISTRAL),
    ("codestral", CallIdRule::MISTRAL),
    ("devstral", CallIdRule::MISTRAL),
    ("magistral", CallIdRule::MISTRAL),
    ("pixtral", CallIdRule::MISTRAL),
    ("claude", CallIdRule::Word),
    // As routers name them. Other models may need a long id: on OpenRouter the `reasoning_details`
    // of Gemini's name the call that they sign by it.
    ("openai/", CallIdRule::UpTo(40)),
];

/// What a made name begins with, where it may be longer than the bytes of its hash.
const PREFIX: &str = "call_";
/// Letters and digits that hold 64 bits.
const HASH_LENGTH: usize = 11;

impl CallIdRule {
    /// "Tool call id was ... but must be a-z, A-Z, 0-9, with a length of 9."
    pub(crate) const MISTRAL: Self = Self::Exactly(9);
    /// `[a-zA-Z0-9_.:-]{1,64}` (Bedrock's API reference, ToolUseBlock).
    pub(crate) const BEDROCK: Self = Self::WordUpTo(64);

    /// What a model takes: what its own vendor requires holds on other servers too.
    pub(crate) fn of_model(self, model: &str) -> Self {
        let model = model.to_ascii_lowercase();
        let own = MODELS.iter().find(|(word, _)| model.contains(word));
        own.map_or(self, |(_, ids)| *ids)
    }

    /// On Bedrock the service has its own rule for all models but Mistral's.
    #[cfg(feature = "bedrock")]
    pub(crate) fn of_bedrock_model(self, model: &str) -> Self {
        match self.of_model(model) {
            Self::Exactly(length) => Self::Exactly(length),
            Self::Any | Self::UpTo(_) | Self::Word | Self::WordUpTo(_) => self,
        }
    }

    fn are_unique(self) -> bool {
        matches!(self, Self::Word | Self::WordUpTo(_))
    }

    fn fits(self, id: &str) -> bool {
        match self {
            Self::Any => true,
            Self::UpTo(length) => id.len() <= length,
            Self::Exactly(length) => {
                id.len() == length && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
            Self::Word => !id.is_empty() && id.bytes().all(is_word),
            Self::WordUpTo(length) => {
                let is_sign = |byte| is_word(byte) || matches!(byte, b'.' | b':');
                !id.is_empty() && id.len() <= length && id.bytes().all(is_sign)
            }
        }
    }

    fn has_room(self, id: &str) -> bool {
        match self {
            Self::WordUpTo(length) => !id.is_empty() && id.len() <= length,
            Self::Any | Self::UpTo(_) | Self::Exactly(_) | Self::Word => !id.is_empty(),
        }
    }

    /// The id, or what is made of it where that is all there is to see.
    pub(crate) fn fitting(self, id: &str) -> String {
        match self.fits(id) {
            true => id.to_owned(),
            false => self.made(id, 0),
        }
    }

    /// A name that fits, the `number`th for this id.
    fn made(self, id: &str, number: u64) -> String {
        match self {
            Self::Exactly(length) => hashed(id, number, length),
            // As much of the old name as may stay.
            Self::Word | Self::WordUpTo(_) if number == 0 && self.has_room(id) => id
                .chars()
                .map(|c| {
                    if c.is_ascii() && is_word(c as u8) {
                        c
                    } else {
                        '_'
                    }
                })
                .collect(),
            Self::Any | Self::UpTo(_) | Self::Word | Self::WordUpTo(_) => {
                format!("{PREFIX}{}", hashed(id, number, HASH_LENGTH))
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The new names of one conversation.
#[derive(Debug, Default)]
pub(crate) struct RenamedCallIds {
    /// Of each call, by the positions of its message and of itself.
    calls: HashMap<(usize, usize), String>,
    /// Of each result, by the position of its message.
    results: HashMap<usize, String>,
}

impl RenamedCallIds {
    /// The same by the rule of a model, which is looked for only where a message has an id.
    pub(crate) fn of_model(ids: CallIdRule, model: &str, messages: &[Message]) -> Self {
        let has_id =
            |message: &Message| message.tool_call_id.is_some() || !message.tool_calls.is_empty();
        match messages.iter().any(has_id) {
            true => Self::of(ids.of_model(model), messages),
            false => Self::default(),
        }
    }

    /// Names the calls of a conversation, in order. A result belongs to the nearest call before it
    /// that has its id, and the second of two such results to the second of two such calls.
    pub(crate) fn of(ids: CallIdRule, messages: &[Message]) -> Self {
        let mut names = Self::default();
        if ids == CallIdRule::Any {
            return names;
        }
        let mut taken = HashMap::new();
        let mut open: HashMap<&str, VecDeque<String>> = HashMap::new();
        for (position, message) in messages.iter().enumerate() {
            let mut begun = HashSet::new();
            for (index, call) in message.tool_calls.iter().enumerate() {
                let Some(old) = call.id.as_deref() else {
                    continue;
                };
                let new = match stands_in_content(message, old) {
                    true => ids.fitting(old),
                    false => name(ids, old, &mut taken),
                };
                let open = open.entry(old).or_default();
                if begun.insert(old) {
                    open.clear();
                }
                open.push_back(new.clone());
                if new != old {
                    names.calls.insert((position, index), new);
                }
            }
            let Some(old) = message.tool_call_id.as_deref() else {
                continue;
            };
            let new = match open.get_mut(old) {
                Some(open) if open.len() > 1 => open.pop_front(),
                Some(open) => open.front().cloned(),
                // It belongs to no call that can be seen.
                None => Some(ids.fitting(old)),
            };
            let new = new.filter(|new| new != old);
            names.results.extend(new.map(|new| (position, new)));
        }
        names
    }

    /// The new name of a call, if it has one.
    pub(crate) fn call(&self, message: usize, index: usize) -> Option<&str> {
        self.calls.get(&(message, index)).map(String::as_str)
    }

    /// The new name of the call whose result a message is, if it has one.
    pub(crate) fn result(&self, message: usize) -> Option<&str> {
        self.results.get(&message).map(String::as_str)
    }

    /// The id under which a call goes out, whose own is this one.
    pub(crate) fn of_call<'m>(&self, message: usize, index: usize, own: &'m str) -> Cow<'m, str> {
        let new = self.call(message, index).map(str::to_owned);
        new.map_or(Cow::Borrowed(own), Cow::Owned)
    }

    /// The id of its call under which a result goes out, whose own is this one.
    pub(crate) fn of_result<'m>(&self, message: usize, own: &'m str) -> Cow<'m, str> {
        let new = self.result(message).map(str::to_owned);
        new.map_or(Cow::Borrowed(own), Cow::Owned)
    }
}

/// The id itself where it may stay, else one made of it that nothing has yet.
fn name<'m>(ids: CallIdRule, old: &'m str, taken: &mut HashMap<String, &'m str>) -> String {
    let may_stay = match taken.get(old) {
        // Two turns with one id are common, and a matter of taste for most.
        Some(owner) => *owner == old && !ids.are_unique(),
        None => true,
    };
    let own = Some(old.to_owned()).filter(|old| may_stay && ids.fits(old));
    let mut made = (0..).map(|number| ids.made(old, number));
    let name = own.or_else(|| made.find(|name| !taken.contains_key(name)));
    let name = name.unwrap_or_default();
    taken.insert(name.clone(), old);
    name
}

/// Whether the call is a part of the content already, in Anthropic's form.
fn stands_in_content(message: &Message, id: &str) -> bool {
    let Some(Content::Parts(parts)) = &message.content else {
        return false;
    };
    let is_call = |part: &ContentPart| {
        part.kind == "tool_use" && part.fields.get("id").and_then(Value::as_str) == Some(id)
    };
    parts.iter().any(is_call)
}

/// FNV-1a over the id and a number, in letters and digits.
fn hashed(id: &str, number: u64, length: usize) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    const SIGNS: u64 = 62;
    let salt = number.to_le_bytes();
    let salt: &[u8] = if number == 0 { &[] } else { &salt };
    let mut hash = id
        .bytes()
        .chain(salt.iter().copied())
        .fold(OFFSET, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        });
    let signs = (0..length).map(|_| {
        let sign = (hash % SIGNS) as u8;
        hash /= SIGNS;
        char::from(match sign {
            0..=9 => b'0' + sign,
            10..=35 => b'a' + (sign - 10),
            _ => b'A' + (sign - 36),
        })
    });
    signs.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
