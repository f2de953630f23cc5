//! A plan: what the requests under one key get, one step each, the last one for ever. Owns the
//! JSON of plans; `script` turns a step into actions.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::action::{action_list, Actions, Base64};
use crate::bulk::{Bulk, Settings};

/// Plans that others may name: the list of faults.
pub type NamedPlans = BTreeMap<String, Rc<Plan>>;

#[derive(Debug, PartialEq)]
pub struct Plan {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub kind: Kind,
    /// For how many requests this step is played before the next one's turn.
    pub times: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Answer(Answer),
    Tokens(Tokens),
    Status(Status),
    Raw(Raw),
    BeforeRequest(BeforeRequest),
    Vector(Vector),
    Recording(Recording),
    Bulk(Bulk),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub answer: AnswerText,
    pub cut: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerText {
    pub text: String,
    #[serde(default = "stop")]
    pub finish: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub tokens: u64,
    #[serde(default)]
    pub interval_ms: u64,
    #[serde(default = "token")]
    pub text: String,
    /// Instead of the text, each token is the time when it was due, in us of CLOCK_MONOTONIC.
    #[serde(default)]
    pub timed: bool,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub status: u16,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub body_base64: Option<Base64>,
    pub error: Option<ProviderError>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderError {
    pub message: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    #[serde(deserialize_with = "action_list")]
    pub raw: Actions,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeforeRequest {
    #[serde(deserialize_with = "action_list")]
    pub before_request: Actions,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    pub vector: String,
    pub cut: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    pub recording: String,
    pub cut: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    bulk: Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    fault: String,
}

impl Plan {
    /// `{"steps":[..]}`; steps that name a fault are replaced by the steps of that fault.
    pub fn parse(document: Value, faults: &NamedPlans) -> Result<Self, String> {
        let Value::Object(mut fields) = document else {
            return Err("a plan is an object with \"steps\"".into());
        };
        let Some(Value::Array(list)) = fields.remove("steps") else {
            return Err("\"steps\" is missing or no list".into());
        };
        if let Some(name) = fields.keys().next() {
            return Err(format!("\"{name}\" is unknown; a plan has \"steps\" only"));
        }
        let mut steps = Vec::with_capacity(list.len());
        for value in list {
            add_step(value, faults, &mut steps)?;
        }
        if steps.is_empty() {
            return Err("\"steps\" is empty".into());
        }
        Ok(Self { steps })
    }

    pub fn single(step: Step) -> Self {
        Self { steps: vec![step] }
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The first step for many rows, which knows what each of them got.
    pub fn bulk(&self) -> Option<&Bulk> {
        self.steps.iter().find_map(|step| match &step.kind {
            Kind::Bulk(bulk) => Some(bulk),
            _ => None,
        })
    }

    /// The step of request `index`, and how many requests that step has served before.
    pub fn step(&self, index: usize) -> Option<(&Step, usize)> {
        let mut turn = index;
        let (last, others) = self.steps.split_last()?;
        for step in others {
            if turn < step.times {
                return Some((step, turn));
            }
            turn -= step.times;
        }
        Some((last, turn))
    }
}

impl From<Kind> for Step {
    fn from(kind: Kind) -> Self {
        Self { kind, times: 1 }
    }
}

fn add_step(value: Value, faults: &NamedPlans, steps: &mut Vec<Step>) -> Result<(), String> {
    let shown = value.to_string();
    let Value::Object(mut fields) = value else {
        return Err(format!("step {shown}: not an object"));
    };
    let times = match fields.remove("times").map(|value| value.as_u64()) {
        None => 1,
        Some(Some(times)) if times > 0 => usize::try_from(times).unwrap_or(usize::MAX),
        Some(_) => return Err(format!("step {shown}: \"times\" is a number from 1")),
    };
    if fields.contains_key("fault") {
        let Fault { fault } = typed(fields, &shown)?;
        let plan = faults
            .get(&fault)
            .ok_or_else(|| format!("step {shown}: no fault {fault}"))?;
        steps.extend(plan.steps().iter().cloned());
        return Ok(());
    }
    let kind = kind(fields, &shown)?;
    steps.push(Step { kind, times });
    Ok(())
}

fn kind(fields: Map<String, Value>, shown: &str) -> Result<Kind, String> {
    let has = |name: &str| fields.contains_key(name);
    if has("answer") {
        typed(fields, shown).map(Kind::Answer)
    } else if has("tokens") {
        typed(fields, shown).map(Kind::Tokens)
    } else if has("status") {
        typed(fields, shown).map(Kind::Status)
    } else if has("raw") {
        typed(fields, shown).map(Kind::Raw)
    } else if has("before_request") {
        typed(fields, shown).map(Kind::BeforeRequest)
    } else if has("vector") {
        typed(fields, shown).map(Kind::Vector)
    } else if has("recording") {
        typed(fields, shown).map(Kind::Recording)
    } else if has("bulk") {
        typed(fields, shown).map(|Rows { bulk }| Kind::Bulk(Bulk::new(bulk)))
    } else {
        Err(format!(
            "step {shown}: needs one of answer, tokens, status, raw, before_request, vector, \
             recording, bulk, fault"
        ))
    }
}

fn typed<T: serde::de::DeserializeOwned>(
    fields: Map<String, Value>,
    shown: &str,
) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| format!("step {shown}: {error}"))
}

fn stop() -> String {
    "stop".into()
}

fn token() -> String {
    "tok ".into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(document: Value) -> Result<Plan, String> {
        Plan::parse(document, &NamedPlans::new())
    }

    #[test]
    fn requests_walk_the_steps_and_the_last_repeats() {
        let plan = parse(json!({"steps": [
            {"status": 500, "times": 2}, {"status": 429}, {"answer": {"text": "a"}}
        ]}))
        .expect("plan");

        let turns: Vec<_> = (0..6).filter_map(|index| plan.step(index)).collect();

        let played: Vec<_> = turns
            .iter()
            .map(|(step, turn)| match &step.kind {
                Kind::Status(status) => (status.status, *turn),
                _ => (200, *turn),
            })
            .collect();
        assert_eq!(
            played,
            [(500, 0), (500, 1), (429, 0), (200, 0), (200, 1), (200, 2)]
        );
    }

    #[test]
    fn a_wrong_plan_says_what_is_wrong() {
        for (document, part) in [
            (json!([]), "object"),
            (json!({"steps": []}), "empty"),
            (json!({"step": []}), "steps"),
            (json!({"steps": [{"statsu": 1}]}), "statsu"),
            (json!({"steps": [{"status": 1, "heads": 2}]}), "heads"),
            (json!({"steps": [{"fault": "F99"}]}), "F99"),
            (json!({"steps": [{"status": 500, "times": 0}]}), "times"),
        ] {
            let refused = parse(document).expect_err(part);
            assert!(refused.contains(part), "{refused}");
        }
    }
}
