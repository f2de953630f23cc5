//! JSON from outside, parsed leniently into types that may borrow from it. Owns two tolerances: a
//! lone surrogate is U+FFFD instead of a failure, and `NaN` and `-Infinity` are null; and the one
//! depth that any document may have, serde_json's 128 levels. Depends on no provider and no shape:
//! those of responses are in `providers/lenient_json`.

mod depth;
mod repair;

use serde::de::{Deserialize, IgnoredAny};
use serde_json::{Map, Value};

pub(crate) use depth::{is_shallow, LEVELS_MAX};
pub(crate) use repair::{repair, without_lone_surrogates};

/// Parses `text`. `repaired` has to outlive the result and costs nothing until it is needed: where
/// the text has escapes of lone surrogates, NaN or Infinity, it holds the text that is parsed
/// instead.
pub(crate) fn parse<'t, T: Deserialize<'t>>(
    text: &'t str,
    repaired: &'t mut String,
) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match repair(text) {
        Some(text) => {
            *repaired = text;
            serde_json::from_str(repaired)
        }
        None => Err(error),
    })
}

/// Parses an object of any fields; `None` for anything else.
pub(crate) fn parse_object(text: &str) -> Option<Map<String, Value>> {
    parse(text, &mut String::new()).ok()
}

/// Where JSON is wrong, without any of its content.
pub(crate) fn error_place(error: &serde_json::Error) -> String {
    let what = if error.is_data() {
        "has an unexpected shape"
    } else {
        "is not JSON"
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Whether the text is JSON, of any depth.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether the text is JSON that cannot go on: a number might.
pub(crate) fn is_closed(text: &str) -> bool {
    let is_number = text
        .trim_start()
        .starts_with(|first: char| first == '-' || first.is_ascii_digit());
    !is_number && is_json(text)
}

/// Whether the text is the beginning of JSON and not all of it.
pub(crate) fn is_cut(text: &str) -> bool {
    let cut = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_err_and(|e| e.is_eof());
    cut(text) || without_lone_surrogates(text).is_some_and(|text| cut(&text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_null() {
        let value =
            |text: &str| parse::<Value>(text, &mut String::new()).map_err(|e| error_place(&e));
        let read = value(r#"{"a":NaN,"b":[-Infinity,Infinity,1],"c":"NaN \" Infinity\ud800"}"#);
        let c = "NaN \" Infinity\u{fffd}";
        let expected = serde_json::json!({"a": null, "b": [null, null, 1], "c": c});
        assert_eq!(read, Ok(expected));
        assert!(value("NaN1").is_err() && value("{\"a\":NaN").is_err() && value("nan").is_err());
    }

    /// What the provider counted, charged or scored comes out as it was written.
    #[test]
    fn floats_are_exact() {
        let text = r#"{"cost":0.00009625000000000001,"rate":48.619157216269045}"#;
        let value: Value = parse(text, &mut String::new()).unwrap();
        assert_eq!(value.to_string(), text);
    }

    #[test]
    fn errors_have_the_place_and_not_the_content() {
        assert_eq!(
            error(r#""secret"#).unwrap_err(),
            "is not JSON (line 1, column 7)"
        );
        assert_eq!(
            error(r#"{"secret":1}"#).unwrap_err(),
            "has an unexpected shape (line 1, column 0)"
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse::<Value>(&deep(127), &mut String::new()).is_ok());
        assert!(parse::<Value>(&deep(128), &mut String::new()).is_err());
        assert!(parse::<Value>(&deep(100_000), &mut String::new()).is_err());
    }

    #[test]
    fn json_that_is_closed_cannot_go_on() {
        for closed in ["{}", " [1]", "\"a\"", "null", r#"{"a":1}"#] {
            assert!(
                is_closed(closed) && is_json(closed) && !is_cut(closed),
                "{closed}"
            );
        }
        for cut in [
            "",
            "{",
            r#"{"a":"#,
            r#"{"a":1"#,
            "[tru",
            r#""a\"#,
            r#"{"a":"\ud800"#,
        ] {
            assert!(!is_closed(cut) && !is_json(cut) && is_cut(cut), "{cut}");
        }
        assert!(is_json("12") && !is_closed("12") && !is_closed(" -1"));
        assert!(!is_closed("nonsense") && !is_cut("nonsense"));
    }

    fn error(json: &str) -> Result<String, String> {
        parse(json, &mut String::new()).map_err(|error| error_place(&error))
    }

    #[test]
    fn an_object_is_no_other_value() {
        assert!(parse_object("{\"a\":NaN}").is_some() && parse_object("[]").is_none());
    }
}
