//! Tool calls being put together from pieces. Owns the rules for what belongs to which call, which
//! differ between servers, and the dense index that callers see. How a wire spells a piece is in
//! its `tool_calls`.

use serde_json::{Map, Value};

use super::arguments::is_nothing;
use super::{is_usable, Arguments, CallIdGenerator, State, FREE_TEXT};
use crate::event::{Event, ToolCall, ToolDelta};
use crate::providers::completion::ToolCallsState;

#[derive(Debug, Default)]
struct Call {
    /// The server's number of the call.
    index: Option<u64>,
    /// The one call of its kind.
    is_only: bool,
    id: String,
    name: String,
    /// The list of pieces that named it.
    named_in: u64,
    arguments: Arguments,
    extra: Map<String, Value>,
}

/// The calls of one response, in the order in which they appeared.
#[derive(Debug)]
pub(crate) struct ToolCallAssembler {
    calls: Vec<Call>,
    ids: CallIdGenerator,
    /// Some call began, whether or not it was handed over.
    had_any: bool,
    /// A wire without ids: calls are `call_0`, `call_1`, ...
    are_numbered: bool,
    /// How many lists of pieces there were.
    lists: u64,
    held: Held,
}

/// Fields of a call that came without a name and arguments: they count with what follows.
#[derive(Debug, Default)]
struct Held {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    extra: Map<String, Value>,
}

/// What comes of a call at once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Piece<'p> {
    pub(crate) index: Option<u64>,
    /// There is one such call, so every such piece is about it.
    pub(crate) is_only: bool,
    pub(crate) id: Option<&'p str>,
    pub(crate) name: Option<&'p str>,
    pub(crate) arguments: &'p str,
}

/// What a piece is to the call that it seems to be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Continues,
    /// It repeats that call's arguments.
    Repeats,
    Begins,
    /// It begins a call if something follows.
    Held,
}

impl ToolCallAssembler {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            calls: Vec::new(),
            ids: CallIdGenerator::new(seed),
            had_any: false,
            are_numbered: false,
            lists: 0,
            held: Held::default(),
        }
    }

    /// The calls of a wire that has no ids.
    pub(crate) fn numbered(seed: u64) -> Self {
        Self {
            are_numbered: true,
            ..Self::new(seed)
        }
    }

    /// Whether there were calls, also once they were handed over.
    pub(crate) fn had_any(&self) -> bool {
        self.had_any
    }

    /// Whether there is no other call than the one of its kind.
    pub(crate) fn are_only(&self) -> bool {
        self.calls.iter().all(|call| call.is_only)
    }

    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    /// What the calls have come to.
    pub(crate) fn state(&self) -> ToolCallsState {
        let are_whole = self.calls.iter().all(|call| call.arguments.are_whole());
        ToolCallsState::new(!self.calls.is_empty(), are_whole)
    }

    /// What is added from now on came at once: two names are two calls.
    pub(crate) fn begin_list(&mut self) {
        self.lists += 1;
    }

    /// Adds a whole call. One that has an id alone, which is another's, says nothing: its event
    /// would be empty, and callers receive every index before the next one.
    pub(crate) fn add_whole(
        &mut self,
        piece: Piece<'_>,
        extra: Map<String, Value>,
    ) -> Option<Event> {
        let piece = piece.cleaned();
        let is_known = |id| self.calls.iter().any(|call| call.id == id);
        let says_nothing = piece.is_empty() && piece.id.is_none_or(is_known);
        match says_nothing && !self.are_numbered {
            true => None,
            false => self.take(None, Verdict::Begins, piece, extra),
        }
    }

    /// Adds a piece of a call; what is new in it, if anything is.
    pub(crate) fn add(&mut self, piece: Piece<'_>, extra: Map<String, Value>) -> Option<Event> {
        let mut held = std::mem::take(&mut self.held);
        let mut all_extra = std::mem::take(&mut held.extra);
        merge(&mut all_extra, extra);
        let piece = piece.cleaned().with(&held);
        let at = self.subject(piece);
        let verdict = match at.and_then(|at| self.calls.get(at)) {
            Some(call) => self.verdict(call, piece),
            // An empty piece begins no call: callers receive every index before the next one.
            None if piece.is_empty() && !self.are_numbered => Verdict::Held,
            None => Verdict::Begins,
        };
        if verdict == Verdict::Held {
            self.held = Held {
                index: piece.index,
                id: piece.id.map(str::to_owned),
                name: piece.name.map(str::to_owned),
                extra: all_extra,
            };
            return None;
        }
        self.take(at, verdict, piece, all_extra)
    }

    fn take(
        &mut self,
        at: Option<usize>,
        verdict: Verdict,
        piece: Piece<'_>,
        extra: Map<String, Value>,
    ) -> Option<Event> {
        let at = at
            .filter(|_| verdict != Verdict::Begins)
            .unwrap_or(self.calls.len());
        if at == self.calls.len() {
            self.had_any = true;
            self.calls.push(Call {
                index: piece.index,
                is_only: piece.is_only,
                ..Call::default()
            });
        }
        let number = self.are_numbered.then(|| format!("call_{at}"));
        let id = number.as_deref().or(piece.id);
        let is_shared = id.is_some_and(|id| {
            let mut others = self.calls.iter().enumerate();
            others.any(|(other, call)| other != at && call.id == id)
        });
        let lists = self.lists;
        let call = self.calls.get_mut(at)?;
        merge(&mut call.extra, extra);
        let arguments = match verdict {
            Verdict::Repeats => "",
            Verdict::Continues | Verdict::Begins | Verdict::Held => piece.arguments,
        };
        let news = Piece {
            id,
            arguments,
            ..piece
        };
        call.take(news, is_shared, lists, u32::try_from(at).ok()?)
    }

    /// The call that a piece seems to be about.
    fn subject(&self, piece: Piece<'_>) -> Option<usize> {
        let find = |fits: &dyn Fn(&Call) -> bool| self.calls.iter().rposition(fits);
        if piece.is_only {
            return find(&|call| call.is_only);
        }
        let has_index = |call: &Call| piece.index.is_some() && call.index == piece.index;
        let has_id = |call: &Call| piece.id.is_some_and(|id| call.id == id);
        let known = find(&|call| has_index(call) && has_id(call))
            .or_else(|| find(&has_id))
            .or_else(|| find(&has_index));
        // Without an id, or with a new index for each piece, a piece continues the last call.
        let is_open = |call: &Call| matches!(call.arguments.state(), State::Empty | State::Open);
        let goes_on = match (piece.index, piece.id) {
            (None, _) => true,
            (Some(_), Some(_)) => false,
            (Some(_), None) => piece.name.is_none() && self.calls.last().is_some_and(is_open),
        };
        known.or_else(|| self.calls.len().checked_sub(1).filter(|_| goes_on))
    }

    fn verdict(&self, call: &Call, piece: Piece<'_>) -> Verdict {
        use Verdict::{Begins, Continues, Held, Repeats};
        if piece.is_only {
            return Continues;
        }
        let state = call.arguments.state();
        let is_other = piece
            .id
            .is_some_and(|id| !call.id.is_empty() && call.id != id);
        let has_no_arguments = piece.arguments.is_empty();
        let name = match piece.name {
            Some(name) if !call.name.is_empty() => name,
            // A server that makes up an id for each piece, unless the call was whole.
            None if is_other && has_no_arguments => return Held,
            _ if is_other && !matches!(state, State::Empty | State::Open) => return Begins,
            _ => return Continues,
        };
        let is_same = call.name == name;
        let is_elsewhere =
            call.index.is_some() && piece.index.is_some_and(|i| call.index != Some(i));
        let is_beside = call.named_in == self.lists && !(is_same && call.id_is(piece.id));
        let is_again = is_same && call.id_is(piece.id) && state == State::Closed;
        if is_again && call.arguments.are_repeated_by(piece.arguments) {
            return Repeats;
        }
        if is_elsewhere || is_beside {
            return Begins;
        }
        // Nothing, behind all of the same call's arguments.
        if is_again && is_nothing(piece.arguments) {
            return Repeats;
        }
        match (is_other, is_same, state) {
            (true, true, State::Empty) if !has_no_arguments => Continues,
            (true, true, State::Open) => Continues,
            (true, ..) => Begins,
            // A piece of the name.
            (false, false, State::Empty) => Continues,
            (false, false, _) => Begins,
            (false, true, State::Empty | State::Open | State::Scalar) => Continues,
            (false, true, State::Nothing) => {
                match piece.id.is_none() && call.arguments.are_repeated_by(piece.arguments) {
                    true => Begins,
                    false => Continues,
                }
            }
            (false, true, State::Closed) => match piece.id {
                Some(_) if has_no_arguments => Continues,
                None if has_no_arguments => Held,
                Some(_) | None => Begins,
            },
        }
    }

    /// The finished calls. `cut`: the response met a limit; then a last call whose arguments are
    /// not JSON was not finished, and is left out. Of free text nobody knows where it ends.
    pub(crate) fn finish(&mut self, cut: bool) -> Vec<Event> {
        let mut calls = std::mem::take(&mut self.calls);
        calls.pop_if(|last| cut && (last.is_free_text() || !last.arguments.are_json()));
        let finished = calls.into_iter().zip(0..).map(|(call, index)| {
            let is_free_text = call.is_free_text();
            // The older form of a call has no id, and neither has its result.
            let id = match call.is_only {
                true => call.id,
                false => self.ids.give(&call.id),
            };
            let arguments = match is_free_text {
                true => call.arguments.into_text(),
                false => call.arguments.finish(),
            };
            Event::ToolCall(ToolCall {
                index,
                id,
                name: call.name,
                arguments,
                extra: call.extra,
            })
        });
        finished.collect()
    }
}

impl<'p> Piece<'p> {
    /// The same without what is empty.
    fn cleaned(self) -> Self {
        Self {
            id: self.id.filter(|id| is_usable(id)),
            name: self.name.filter(|name| is_usable(name)),
            ..self
        }
    }

    fn is_empty(&self) -> bool {
        self.name.is_none() && self.arguments.is_empty()
    }

    /// The same with what was held of the call, unless it is about another one.
    fn with(self, held: &'p Held) -> Self {
        let is_other = held.index.is_some() && self.index.is_some() && held.index != self.index;
        if is_other || self.is_empty() || self.is_only {
            return self;
        }
        Self {
            index: self.index.or(held.index),
            id: self.id.or(held.id.as_deref()),
            name: self.name.or(held.name.as_deref()),
            ..self
        }
    }
}

impl Call {
    fn is_free_text(&self) -> bool {
        let (name, value) = FREE_TEXT;
        self.extra.get(name).is_some_and(|own| own == value)
    }

    /// Whether this is the call's id, and it has one.
    fn id_is(&self, id: Option<&str>) -> bool {
        id.is_some_and(|id| self.id == id)
    }

    /// Adds a piece of this call; what is new in it, if anything is.
    fn take(&mut self, piece: Piece<'_>, is_shared: bool, list: u64, index: u32) -> Option<Event> {
        let id = piece.id.filter(|_| self.id.is_empty());
        id.into_iter().for_each(|id| id.clone_into(&mut self.id));
        let id = id.filter(|_| !is_shared).map(str::to_owned);
        let name = piece.name.and_then(|name| self.take_name(name, list));
        self.arguments.push(piece.arguments);
        if id.is_none() && name.is_none() && piece.arguments.is_empty() {
            return None;
        }
        Some(Event::ToolDelta(ToolDelta {
            index,
            id,
            name,
            arguments: piece.arguments.to_owned(),
        }))
    }

    /// What is new in a name: all of it, nothing, the rest of one that is sent from its beginning
    /// each time, or the next piece.
    fn take_name(&mut self, name: &str, list: u64) -> Option<String> {
        if self.name == name || (!self.name.is_empty() && !self.arguments.is_empty()) {
            return None;
        }
        self.named_in = list;
        let news = name.strip_prefix(self.name.as_str()).unwrap_or(name);
        self.name.push_str(news);
        Some(news.to_owned())
    }
}

/// Adds later fields to earlier ones, at every level.
fn merge(earlier: &mut Map<String, Value>, later: Map<String, Value>) {
    for (name, value) in later {
        match (earlier.get_mut(&name), value) {
            (Some(Value::Object(earlier)), Value::Object(later)) => merge(earlier, later),
            (_, value) => {
                earlier.insert(name, value);
            }
        }
    }
}
