//! How each type of a field is parsed. Types are not converted: a number in quotes is not a number.

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::{names_of, type_name, FromJson, Mismatch};
use crate::declare::entry::Kind;
use crate::secret::Secret;

/// One of some names, such as the level of a log.
pub(crate) fn one_of<T: DeserializeOwned>(value: Value, names: &[&str]) -> Result<T, Mismatch> {
    let problem = |value: &Value| {
        let names = names_of(names, "or");
        Mismatch::found(format!("expected {names}"), value)
    };
    match value {
        Value::String(_) => T::deserialize(&value).map_err(|_: serde_json::Error| problem(&value)),
        other => Err(problem(&other)),
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        T::from_json(value, kind).map(Some)
    }
}

impl FromJson for String {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Mismatch::expected("text", &other)),
        }
    }
}

impl FromJson for Secret {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        Ok(Self::new(String::from_json(value, kind)?)?)
    }
}

impl FromJson for bool {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        value
            .as_bool()
            .ok_or_else(|| Mismatch::found("expected true or false", &value))
    }
}

impl FromJson for f64 {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        value
            .as_f64()
            .ok_or_else(|| Mismatch::found("expected a number", &value))
    }
}

macro_rules! whole_number {
    ($($type:ty)+) => {$(
        impl FromJson for $type {
            fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
                let number = whole_number(&value, kind)?;
                Self::try_from(number).map_err(|_| match number < 0 {
                    true => Mismatch::found("must be at least 0", &value),
                    false => Mismatch::found(format!("must be at most {}", Self::MAX), &value),
                })
            }
        }
    )+};
}

whole_number!(u32 u64 usize);

impl FromJson for i128 {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        whole_number(&value, kind)
    }
}

fn whole_number(value: &Value, kind: Kind) -> Result<i128, Mismatch> {
    let number = value.as_number().and_then(Number::as_i128);
    number.ok_or_else(|| {
        let expected = match kind {
            Kind::Milliseconds => "expected a whole number of milliseconds",
            Kind::Bytes => "expected a whole number of bytes",
            _ => "expected a whole number",
        };
        Mismatch::found(expected, value)
    })
}

impl FromJson for Value {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

impl FromJson for Map<String, Value> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        match value {
            Value::Object(fields) => Ok(fields),
            other => Err(Mismatch::expected("an object", &other)),
        }
    }
}

/// Headers.
impl FromJson for Vec<(String, String)> {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let headers = Map::from_json(value, kind)?;
        headers
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(value) => Ok((name, value)),
                other => Err(header_mismatch(&name, &other)),
            })
            .collect()
    }
}

/// A list of texts; one text is a list of one.
impl FromJson for Vec<String> {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let texts = match value {
            Value::String(text) => return Ok(vec![text]),
            Value::Array(texts) => texts,
            other => return Err(Mismatch::expected("text or a list of texts", &other)),
        };
        let texts = texts.into_iter().enumerate().map(|(index, text)| {
            String::from_json(text, kind).map_err(|mismatch| mismatch.below_index(index))
        });
        texts.collect()
    }
}

/// A header that was written as one text has its value in the name.
fn header_mismatch(name: &str, value: &Value) -> Mismatch {
    let is_token = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    match name.chars().all(is_token) {
        true => Mismatch::expected("text", value).below_field(name),
        false => Mismatch::other(format!(
            "expected text for each name, got {}",
            type_name(value)
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed<T: FromJson>(value: Value) -> Result<T, String> {
        let parsed = T::from_json(value, Kind::Integer);
        parsed.map_err(|mismatch| mismatch.into_error("field").message)
    }

    #[test]
    fn whole_numbers_reach_to_the_ends_of_their_types() {
        assert_eq!(parsed(json!(u32::MAX)), Ok(u32::MAX));
        assert_eq!(parsed(json!(u64::MAX)), Ok(u64::MAX));
        assert_eq!(parsed(json!(0)), Ok(0_usize));
        assert_eq!(parsed(json!(u64::MAX)), Ok(i128::from(u64::MAX)));
        assert_eq!(parsed(json!(i64::MIN)), Ok(i128::from(i64::MIN)));
        let beyond = "field: must be at most 4294967295, got 4294967296";
        assert_eq!(parsed::<u32>(json!(4_294_967_296_u64)).unwrap_err(), beyond);
        for (value, shown) in [
            (json!(5.0), "5.0"),
            (json!(1e30), "1e+30"),
            (json!(-0.5), "-0.5"),
        ] {
            let expected = format!("field: expected a whole number, got {shown}");
            assert_eq!(parsed::<u64>(value.clone()).unwrap_err(), expected);
            assert_eq!(parsed::<i128>(value).unwrap_err(), expected);
        }
    }

    #[test]
    fn numbers_may_be_whole_or_not() {
        assert_eq!(parsed(json!(1)), Ok(1.0));
        assert_eq!(parsed(json!(-0.5)), Ok(-0.5));
        assert_eq!(parsed(json!(u64::MAX)), Ok(1.844_674_407_370_955_2e19));
    }

    #[test]
    fn one_text_is_a_list_of_one() {
        let texts = |texts: &[&str]| Ok(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(parsed::<Vec<String>>(json!("a")), texts(&["a"]));
        assert_eq!(parsed::<Vec<String>>(json!(["a", ""])), texts(&["a", ""]));
        assert_eq!(parsed::<Vec<String>>(json!([])), texts(&[]));
    }
}
