//! Models that a vendor's own endpoint has in the Responses API alone. Owns the names; what is
//! meant by one is in `vendor`.

/// What `ResponsesModel` of the package openai 3.57.0 adds to `ChatModel`, and what the list of
/// LiteLLM 1.110.2 has under mode "responses": codex, of which the oldest is `azure/codex-mini`
/// there, and pro. Those for research are in both.
pub(super) const OPENAI: &[&str] = &[
    "codex-mini-latest",
    "computer-use-preview",
    "gpt-5-codex",
    "gpt-5-pro",
    "gpt-5.1-codex",
    "gpt-5.2-codex",
    "gpt-5.2-pro",
    "gpt-5.3-codex",
    "gpt-5.4-pro",
    "gpt-5.5-pro",
    "gpt-5.6-cyber",
    "gpt-6-cyber",
    "gpt-6-rosalind",
    "gpt-6.2-astra-law",
    "gpt-daybreak-blue-latest",
    "gpt-daybreak-red-latest",
    "gpt-rosalind-research",
    "o1-pro",
    "o3-deep-research",
    "o3-pro",
    "o4-mini-deep-research",
];
