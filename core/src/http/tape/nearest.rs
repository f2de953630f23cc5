//! Which recorded request is nearest to one that is not on a tape, and where the two differ: paths
//! into the body, with values only where they are short and cannot be a prompt. Pure.

use serde_json::Value;

use super::request::TapedRequest;
use crate::parse::shown;

/// So many differences are named.
const SHOWN_MAX: usize = 3;
/// So many are counted: further ones make a request no nearer.
const COUNTED_MAX: usize = 64;

/// Where the nearest of the recorded requests differs; `None` where there is none.
pub(super) fn differences<'r>(
    asked: &TapedRequest,
    recorded: impl Iterator<Item = &'r TapedRequest>,
) -> Option<String> {
    let of = |recorded: &TapedRequest| {
        let mut found = Vec::new();
        match (&asked.body.json, &recorded.body.json) {
            (Some(asked), Some(recorded)) => compare("body", asked, recorded, &mut found),
            _ => found.push("body, which is no JSON".to_owned()),
        }
        found
    };
    let mut nearest = recorded.map(of).min_by_key(Vec::len)?;
    let more = nearest.len().saturating_sub(SHOWN_MAX);
    nearest.truncate(SHOWN_MAX);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(nearest.join(", ") + &more)
}

fn compare(path: &str, asked: &Value, recorded: &Value, found: &mut Vec<String>) {
    if found.len() >= COUNTED_MAX || asked == recorded {
        return;
    }
    match (asked, recorded) {
        (Value::Object(asked), Value::Object(recorded)) => {
            for (name, value) in asked {
                let path = format!("{path}.{name}");
                match recorded.get(name) {
                    Some(other) => compare(&path, value, other, found),
                    None => found.push(format!("{path} (not recorded)")),
                }
            }
            let missing = recorded.keys().filter(|name| !asked.contains_key(*name));
            found.extend(missing.map(|name| format!("{path}.{name} (not asked)")));
        }
        (Value::Array(asked), Value::Array(recorded)) => {
            if asked.len() != recorded.len() {
                let (is, was) = (asked.len(), recorded.len());
                found.push(format!("{path} (recorded {was} entries, asked {is})"));
            }
            for (index, (asked, recorded)) in asked.iter().zip(recorded).enumerate() {
                compare(&format!("{path}[{index}]"), asked, recorded, found);
            }
        }
        _ => found.push(format!(
            "{path} (recorded {}, asked {})",
            described(recorded),
            described(asked)
        )),
    }
}

/// A value in few words.
fn described(value: &Value) -> String {
    shown(value).unwrap_or_else(|| match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("text of {} characters", text.chars().count()),
        Value::Array(list) => format!("a list of {}", list.len()),
        _ => "an object".to_owned(),
    })
}
