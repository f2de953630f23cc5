//! Many rows under one key: a hash of a row's text says whether, how and how often it fails; a rate
//! limit counts all of them; and what each row got is kept. Pure but for its counts and its clock;
//! `script` turns a decision into actions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{json, Map, Value};

/// The statuses that a row with a fault may get.
const STATUSES: [u16; 4] = [500, 502, 503, 529];
/// How long a refused request has to wait at least, as most providers count in seconds.
const RETRY_AFTER_SECONDS_MIN: f64 = 1.0;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How many rows of a hundred fail once or twice before they get their answer.
    #[serde(default)]
    fault_percent: u64,
    /// Without it nothing is refused.
    requests_per_minute: Option<u32>,
    /// How many requests may come at once; by default what comes in a second.
    burst: Option<u32>,
    /// How long an answer takes.
    #[serde(default)]
    pub answer_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bulk {
    pub settings: Settings,
    began: Instant,
    state: Rc<RefCell<State>>,
}

#[derive(Debug, Default, PartialEq)]
struct State {
    rows: HashMap<String, Row>,
    /// Requests that may come now; may be a fraction. None until the first one.
    allowance: Option<f64>,
    at_seconds: f64,
}

/// Requests of a row, by what they got.
#[derive(Clone, Debug, Default, PartialEq)]
struct Row {
    sent: u64,
    limited: u64,
    failed: u64,
    answered: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Limited {
        retry_after_seconds: u64,
    },
    Status(u16),
    /// The answer begins, and the connection breaks.
    Cut(String),
    /// The answer begins, and nothing more comes.
    Stall(String),
    Answer(String),
}

impl Bulk {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            began: Instant::now(),
            state: Rc::default(),
        }
    }

    /// What this request gets, and the headers that say how much of the limit is left.
    pub fn decide(&self, body: &Value) -> (Decision, Vec<(String, String)>) {
        self.decide_at(row_text(body), self.began.elapsed().as_secs_f64())
    }

    fn decide_at(&self, text: &str, now: f64) -> (Decision, Vec<(String, String)>) {
        let mut state = self.state.borrow_mut();
        let (left, headers) = self.take(&mut state, now);
        let row = state.rows.entry(text.to_owned()).or_default();
        row.sent += 1;
        if let Some(wait) = left {
            row.limited += 1;
            let retry_after_seconds = wait.max(RETRY_AFTER_SECONDS_MIN).ceil() as u64;
            let decision = Decision::Limited {
                retry_after_seconds,
            };
            return (decision, headers);
        }
        let hash = hash(text);
        let fails = hash % 100 < self.settings.fault_percent;
        let answer = format!("answer to {text}");
        if fails && row.failed < 1 + hash / 4800 % 2 {
            row.failed += 1;
            let decision = match hash / 100 % 3 {
                0 => Decision::Status(status(hash / 300)),
                1 => Decision::Cut(answer),
                _ => Decision::Stall(answer),
            };
            return (decision, headers);
        }
        row.answered += 1;
        (Decision::Answer(answer), headers)
    }

    /// Takes one request from the allowance; when there is none, the seconds until there is.
    fn take(&self, state: &mut State, now: f64) -> (Option<f64>, Vec<(String, String)>) {
        let Some(per_minute) = self.settings.requests_per_minute else {
            return (None, Vec::new());
        };
        let per_second = f64::from(per_minute) / 60.0;
        let burst = self.settings.burst.map_or(per_second, f64::from).max(1.0);
        let grown = state.allowance.unwrap_or(burst) + (now - state.at_seconds) * per_second;
        let allowance = grown.min(burst);
        state.at_seconds = now;
        let refused = (allowance < 1.0).then(|| (1.0 - allowance) / per_second);
        let left = match refused {
            Some(_) => allowance,
            None => allowance - 1.0,
        };
        state.allowance = Some(left);
        let full_in_ms = ((burst - left) / per_second * 1000.0).ceil();
        let headers = [
            ("limit", format!("{burst:.0}")),
            ("remaining", format!("{:.0}", left.floor())),
            ("reset", format!("{full_in_ms:.0}ms")),
        ];
        let named = headers.map(|(name, value)| (format!("x-ratelimit-{name}-requests"), value));
        (refused, named.into())
    }

    /// Per row how many requests were sent, limited, failed and answered; and the sums.
    pub fn document(&self) -> Value {
        let state = self.state.borrow();
        let mut sum = Row::default();
        let mut rows = Map::new();
        for (text, row) in &state.rows {
            sum.sent += row.sent;
            sum.limited += row.limited;
            sum.failed += row.failed;
            sum.answered += row.answered;
            rows.insert(text.clone(), row.document());
        }
        json!({ "rows": rows, "sum": sum.document() })
    }
}

impl Row {
    fn document(&self) -> Value {
        json!([self.sent, self.limited, self.failed, self.answered])
    }
}

fn status(number: u64) -> u16 {
    let place = usize::try_from(number).unwrap_or_default() % STATUSES.len();
    STATUSES.get(place).copied().unwrap_or(500)
}

/// The last message, or what another operation is about.
fn row_text(body: &Value) -> &str {
    let last = |name: &str| match body.get(name) {
        Some(Value::Array(list)) => list.last(),
        other => other,
    };
    let content = last("messages").and_then(|message| message.get("content"));
    let text = content.or_else(|| last("input")).or_else(|| last("query"));
    text.and_then(Value::as_str).unwrap_or_default()
}

/// FNV-1a of 64 bits, whose upper half is the better mixed one.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step) >> 20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(settings: Value) -> Bulk {
        Bulk::new(serde_json::from_value(settings).expect("settings"))
    }

    #[test]
    fn a_row_fails_as_its_text_says_and_then_is_answered() {
        let bulk = bulk(json!({"fault_percent": 30}));

        let texts: Vec<String> = (0..1000).map(|row| format!("row {row}")).collect();
        let mut kinds = [0; 4];
        for text in &texts {
            let mut tries = 1;
            loop {
                match bulk.decide_at(text, 0.0).0 {
                    Decision::Answer(answer) => {
                        break assert_eq!(answer, format!("answer to {text}"))
                    }
                    Decision::Status(_) => kinds[0] += 1,
                    Decision::Cut(_) => kinds[1] += 1,
                    Decision::Stall(_) => kinds[2] += 1,
                    Decision::Limited { .. } => kinds[3] += 1,
                }
                tries += 1;
            }
            assert!(tries <= 3, "{text}: {tries}");
        }

        let document = bulk.document();
        let sum: Vec<u64> = serde_json::from_value(document["sum"].clone()).expect("sum");
        let rows = document["rows"].as_object().expect("rows");
        let failing = rows.values().filter(|row| row[2] != json!(0)).count();
        assert!((250..350).contains(&failing), "{failing}");
        assert!(kinds[..3].iter().all(|kind| *kind > 50), "{kinds:?}");
        assert_eq!((kinds[3], sum[3]), (0, 1000));
        assert_eq!(sum[0], sum[1] + sum[2] + sum[3]);
    }

    #[test]
    fn no_second_has_more_than_the_limit_and_the_burst() {
        let bulk = bulk(json!({"requests_per_minute": 600, "burst": 5}));

        let answered = |from: u32| {
            let tries = (0..1000).map(|each| f64::from(from) + f64::from(each) / 1000.0);
            let decided = tries.map(|now| bulk.decide_at("row", now).0);
            decided
                .filter(|one| matches!(one, Decision::Answer(_)))
                .count()
        };

        assert_eq!((answered(0), answered(1), answered(2)), (14, 10, 10));
        let (refused, headers) = bulk.decide_at("row", 3.05);
        assert_eq!(refused, Decision::Answer("answer to row".into()));
        let (refused, _) = bulk.decide_at("row", 3.05);
        assert_eq!(
            refused,
            Decision::Limited {
                retry_after_seconds: 1
            }
        );
        assert!(headers.contains(&("x-ratelimit-remaining-requests".into(), "0".into())));
    }

    #[test]
    fn a_row_is_known_by_what_it_is_about() {
        let messages = json!({"messages": [{"content": "first"}, {"content": "last"}]});
        assert_eq!(row_text(&messages), "last");
        assert_eq!(row_text(&json!({"input": ["a"]})), "a");
        assert_eq!(row_text(&json!({"input": "b"})), "b");
        assert_eq!(row_text(&json!({"query": "q", "documents": []})), "q");
    }
}
