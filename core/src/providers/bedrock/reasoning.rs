//! How hard a model thinks: one field of ours, and another one for each vendor's models. Owns the
//! table: Claude, gpt-oss and Qwen as in pydantic-ai (`models/bedrock.py`); Nova 2, gpt-oss and
//! Kimi as in langchain-aws (`utils.py`, with the levels of `data/_profiles.py`).

use serde_json::{json, Map, Value};

use super::models::Family;
use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

const FIELD: &str = "reasoning_effort";
/// Claude takes no smaller budget.
const BUDGET_MIN: u64 = 1024;
/// What is left for the response where the caller names no limit.
const RESPONSE_TOKENS: u64 = 4096;

pub(super) fn add_effort(
    inference: &mut Map<String, Value>,
    additional: &mut Map<String, Value>,
    request: &LlmRequest,
    family: Family,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let own_thinking = request
        .extra
        .get("thinking")
        .filter(|value| !value.is_null());
    if let (Family::Claude(..), Some(thinking)) = (family, own_thinking) {
        additional.insert("thinking".to_owned(), thinking.clone());
    }
    let Some(effort) = request.reasoning_effort.as_deref() else {
        return Ok(());
    };
    let refuse = |unsupported: &mut Unsupported<'_>, why: &str| unsupported.refuse(FIELD, why);
    let fields = match (family, effort) {
        (Family::Claude(..), _) if own_thinking.is_some() => return Ok(()),
        (Family::Claude(major, minor), _) if (major, minor) < (3, 7) => {
            return refuse(unsupported, "this model does not think");
        }
        (Family::Claude(..), "none") => json!({"thinking": {"type": "disabled"}}),
        (Family::Claude(major, minor), effort) if (major, minor) >= (4, 6) => json!({
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": if effort == "minimal" { "low" } else { effort }},
        }),
        (Family::Claude(..), effort) => match budget(effort) {
            Some(budget) => {
                let budget = fitted(inference, budget)?;
                json!({"thinking": {"type": "enabled", "budget_tokens": budget}})
            }
            None => return refuse(unsupported, "Claude takes low, medium, high or none here"),
        },
        (Family::GptOss, "low" | "medium" | "high") => json!({ FIELD: effort }),
        (Family::GptOss, _) => {
            return refuse(unsupported, "gpt-oss takes low, medium or high");
        }
        (Family::Qwen, "minimal" | "low") => json!({"reasoning_config": "low"}),
        (Family::Qwen, "medium" | "high" | "xhigh" | "max") => json!({"reasoning_config": "high"}),
        (Family::Qwen, _) => return refuse(unsupported, "Qwen takes low or high"),
        (Family::Kimi, "low" | "high" | "max") => json!({ FIELD: effort }),
        (Family::Kimi, _) => return refuse(unsupported, "Kimi takes low, high or max"),
        (Family::Nova2, "none") => json!({"reasoningConfig": {"type": "disabled"}}),
        (Family::Nova2, "low" | "medium" | "high") => {
            json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}})
        }
        (Family::Nova2, _) => return refuse(unsupported, "Nova takes low, medium, high or none"),
        (Family::Nova | Family::Mistral | Family::Llama | Family::Writer | Family::Other, _) => {
            let why = "how this model takes it is not known; write additionalModelRequestFields";
            return refuse(unsupported, why);
        }
    };
    if let Value::Object(fields) = fields {
        additional.extend(fields);
    }
    Ok(())
}

/// Tokens for thinking, for models that take no effort (pydantic-ai, `profiles/anthropic.py`,
/// ANTHROPIC_THINKING_BUDGET_MAP).
fn budget(effort: &str) -> Option<u64> {
    Some(match effort {
        "minimal" => BUDGET_MIN,
        "low" => 2048,
        "medium" => 10_000,
        "high" => 16_384,
        "xhigh" | "max" => 32_768,
        _ => return None,
    })
}

/// The budget below the caller's limit; without one, the limit above the budget: it has to be.
fn fitted(inference: &mut Map<String, Value>, budget: u64) -> Result<u64, LlmError> {
    match inference.get("maxTokens").and_then(Value::as_u64) {
        None => {
            let limit = Value::from(budget + RESPONSE_TOKENS);
            inference.insert("maxTokens".to_owned(), limit);
            Ok(budget)
        }
        Some(limit) if limit > BUDGET_MIN => Ok(budget.min(limit - 1).max(BUDGET_MIN)),
        Some(_) => {
            let what = format!("max_tokens must be above {BUDGET_MIN} where this model thinks");
            Err(invalid_request(NAME, &what))
        }
    }
}
