//! Keys that need no plan: the name defines what is played. Fields are parted by `~`; what follows
//! them only makes the key unique.

use std::rc::Rc;

use crate::plan::{
    Answer, AnswerText, Kind, NamedPlans, Plan, Recording, Status, Step, Tokens, Vector,
};

/// Letters, digits and `_.~-`, so that a key can stand in a URL as it is.
pub fn is_key(key: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.~-".contains(&byte);
    !key.is_empty() && key.bytes().all(allowed)
}

pub fn ready_made(key: &str, faults: &NamedPlans) -> Rc<Plan> {
    let fields: Vec<&str> = key.split('~').collect();
    let kind = match fields.as_slice() {
        ["fault", name, ..] => match faults.get(*name) {
            Some(plan) => return plan.clone(),
            None => Kind::Status(complaint(format!("no fault {name}"))),
        },
        ["vector", name, rest @ ..] => Kind::Vector(Vector {
            vector: (*name).to_owned(),
            cut: number(rest.first()),
        }),
        ["recording", api, id, rest @ ..] => Kind::Recording(Recording {
            recording: format!("{api}/{id}"),
            cut: number(rest.first()),
        }),
        [name @ ("tokens" | "timed"), count, interval_ms, ..] => {
            match (number(Some(count)), number(Some(interval_ms))) {
                (Some(tokens), Some(interval_ms)) => Kind::Tokens(Tokens {
                    tokens,
                    interval_ms,
                    text: "tok ".into(),
                    timed: *name == "timed",
                }),
                _ => Kind::Status(complaint(format!("{key}: needs {name}~COUNT~INTERVAL_MS"))),
            }
        }
        _ => Kind::Answer(Answer {
            answer: AnswerText {
                text: "Hello world".into(),
                finish: "stop".into(),
            },
            cut: None,
        }),
    };
    Rc::new(Plan::single(Step::from(kind)))
}

/// A 404 that names what is wrong with the test, so that no client retries it.
pub fn complaint(message: String) -> Status {
    Status {
        status: 404,
        headers: vec![("content-type".into(), "text/plain".into())],
        body: Some(format!("mock: {message}")),
        body_base64: None,
        error: None,
    }
}

fn number<T: std::str::FromStr>(field: Option<&&str>) -> Option<T> {
    field.and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(key: &str) -> Kind {
        ready_made(key, &NamedPlans::new()).steps()[0].kind.clone()
    }

    #[test]
    fn the_name_says_what_is_played() {
        let vector = |cut| {
            Kind::Vector(Vector {
                vector: "openai_text".into(),
                cut,
            })
        };
        assert_eq!(kind("vector~openai_text~3~mine"), vector(Some(3)));
        assert_eq!(kind("vector~openai_text"), vector(None));
        assert_eq!(
            kind("recording~openai-chat~x-1~0"),
            Kind::Recording(Recording {
                recording: "openai-chat/x-1".into(),
                cut: Some(0),
            })
        );
        assert!(matches!(kind("tokens~64~200~a"), Kind::Tokens(tokens) if tokens.tokens == 64));
        assert!(matches!(kind("timed~4~5"), Kind::Tokens(tokens) if tokens.timed));
        assert!(matches!(kind("fault~F99"), Kind::Status(status) if status.status == 404));
        assert!(matches!(kind("anything"), Kind::Answer(_)));
    }

    #[test]
    fn a_key_can_stand_in_a_url() {
        assert!(is_key("fault~F6_503~a_B-9"));
        assert!(!is_key("") && !is_key("a/b") && !is_key("a b") && !is_key("ä"));
    }
}
