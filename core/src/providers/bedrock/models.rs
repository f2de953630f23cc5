//! What a model's vendor requires beyond Converse, by the words of the model's id. Owns the table
//! of families; an id that names none, such as an ARN of an account's own, has no such rules.

/// Whose models share rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// With major and minor version, as far as the id has them.
    Claude(u32, u32),
    Nova,
    Nova2,
    GptOss,
    Qwen,
    Kimi,
    Mistral,
    Llama,
    Writer,
    Other,
}

impl Family {
    pub(super) fn of(model: &str) -> Self {
        let model = model.to_ascii_lowercase();
        let has = |word: &str| model.contains(word);
        match () {
            () if has("claude") => {
                let (major, minor) = claude_version(&model);
                Self::Claude(major, minor)
            }
            () if has("nova-2") => Self::Nova2,
            () if has("amazon.nova") => Self::Nova,
            () if has("gpt-oss") => Self::GptOss,
            () if has("qwen") => Self::Qwen,
            () if has("moonshot") => Self::Kimi,
            () if has("mistral") || has("mixtral") || has("pixtral") || has("ministral") => {
                Self::Mistral
            }
            () if has("llama") => Self::Llama,
            () if has("writer") || has("palmyra") => Self::Writer,
            () => Self::Other,
        }
    }

    pub(super) fn is_claude(self) -> bool {
        matches!(self, Self::Claude(..))
    }

    /// Whether a conversation may begin with the model's own turn (pydantic-ai, `bedrock.py`).
    pub(super) fn may_begin(self) -> bool {
        self.is_claude() || self == Self::Qwen
    }

    /// Whether a turn of results may hold nothing else.
    pub(super) fn keeps_results_apart(self) -> bool {
        matches!(self, Self::Mistral | Self::Llama)
    }

    /// Whether a result is to be an object rather than text.
    pub(super) fn wants_json_results(self) -> bool {
        matches!(self, Self::Mistral | Self::Llama)
    }
}

/// `claude-opus-4-6-v1`, `claude-sonnet-4-20250514-v1:0`, `claude-3-7-sonnet-20250219-v1:0`.
fn claude_version(model: &str) -> (u32, u32) {
    let words = model.split_once("claude").map_or("", |(_, rest)| rest);
    let words = words.split(|c: char| !c.is_ascii_alphanumeric());
    // Behind `v1` stand Bedrock's own numbers, and a longer one is a date.
    let words = words.take_while(|word| !word.starts_with('v'));
    let number = |word: &str| word.parse().ok().filter(|_| word.len() <= 2);
    let mut words = words.skip_while(|word| number(word).is_none());
    let major = words.next().and_then(number).unwrap_or_default();
    let minor = words.next().and_then(number).unwrap_or_default();
    (major, minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_names_the_family() {
        let rows = [
            (
                "anthropic.claude-3-5-sonnet-20240620-v1:0",
                Family::Claude(3, 5),
            ),
            (
                "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
                Family::Claude(3, 7),
            ),
            (
                "anthropic.claude-sonnet-4-20250514-v1:0",
                Family::Claude(4, 0),
            ),
            ("global.anthropic.claude-opus-4-6-v1", Family::Claude(4, 6)),
            ("anthropic.claude-v2:1", Family::Claude(0, 0)),
            (
                "arn:aws:bedrock:r:1:inference-profile/us.anthropic.claude-haiku-4-5-v1:0",
                Family::Claude(4, 5),
            ),
            ("us.amazon.nova-lite-v1:0", Family::Nova),
            ("us.amazon.nova-2-lite-v1:0", Family::Nova2),
            ("openai.gpt-oss-120b-1:0", Family::GptOss),
            ("qwen.qwen3-32b-v1:0", Family::Qwen),
            ("moonshot.kimi-k2-thinking", Family::Kimi),
            ("us.moonshotai.kimi-k3", Family::Kimi),
            ("mistral.mistral-large-2407-v1:0", Family::Mistral),
            ("meta.llama3-1-8b-instruct-v1:0", Family::Llama),
            ("us.writer.palmyra-x5-v1:0", Family::Writer),
            ("deepseek.r1-v1:0", Family::Other),
            (
                "arn:aws:bedrock:us-east-1:1:provisioned-model/abc",
                Family::Other,
            ),
        ];
        for (model, family) in rows {
            assert_eq!(Family::of(model), family, "{model}");
        }
    }
}
