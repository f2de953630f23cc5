//! Faults by their keys, on the wire; the promise that the list loads whole is a unit test.

use serde_json::Value;

use crate::client::{Connection, End};
use crate::program::{chat_path, Mock};

#[test]
fn a_fault_is_played_by_its_key_and_in_a_plan() {
    let mock = Mock::start(&[]);
    mock.plan("k", serde_json::json!([{"fault": "F1"}]));

    for key in ["fault~F1", "fault~F1~mine", "k"] {
        let (first, second) = (mock.chat(key), mock.chat(key));
        assert_eq!(
            (first.status, first.header("retry-after")),
            (429, Some("1")),
            "{key}"
        );
        assert_eq!(second.tokens(), ["all", " is", " well"], "{key}");
    }
}

#[test]
fn streams_end_as_their_faults_define() {
    let mock = Mock::start(&[]);

    for (fault, tokens, end) in [
        ("F30", 2, End::Whole),
        ("F31", 1, End::Whole),
        ("F32_close", 1, End::Closed),
        ("F32_reset", 1, End::Reset),
        ("F34", 0, End::Reset),
        ("F35", 1, End::Reset),
        ("F36", 0, End::Whole),
        ("F43", 4, End::Whole),
    ] {
        let response = mock.chat(&format!("fault~{fault}"));
        assert_eq!(response.status, 200, "{fault}");
        assert_eq!(
            (response.tokens().len(), response.end),
            (tokens, end),
            "{fault}"
        );
    }
}

#[test]
fn redirects_carry_the_place_of_the_mock() {
    let mock = Mock::start(&[]);
    let port = mock.http().split_once(':').unwrap().1.to_owned();

    let other = mock.chat("fault~F28_key_in_host~x");
    let same = mock.chat("fault~F29~x");

    let place = other.header("location").unwrap();
    assert!(place.contains(&format!(".localhost:{port}/")), "{place}");
    assert_eq!(
        same.header("location"),
        Some(chat_path("fault~F29~x").as_str())
    );
}

#[test]
fn lengths_written_by_hand_are_right() {
    let mock = Mock::start(&[]);

    for (fault, bytes) in [("F12", 64 << 20), ("F23", 100_012)] {
        let response = mock.whole(&format!("fault~{fault}"));
        assert_eq!(
            (response.bytes().len(), response.end),
            (bytes, End::Whole),
            "{fault}"
        );
    }
    let headers = mock.whole("fault~F20").headers;
    assert_eq!(headers.len(), 4_000);
    let event = mock.chat("fault~F51");
    assert_eq!(event.tokens()[0].len(), 1 << 20);
}

/// Every fault sends or waits, and closes the connection when the client leaves.
#[test]
fn every_fault_can_be_left() {
    let mock = Mock::start(&[]);
    let rows: Vec<Value> =
        serde_json::from_str(include_str!("../../../faults/faults.json")).unwrap();
    let names: Vec<_> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names.len(), rows.len());

    for name in &names {
        let key = format!("fault~{name}");
        let mut connection = Connection::open(&mock.http());
        connection.send("POST", &chat_path(&key), r#"{"stream":true}"#);
        assert_eq!(mock.wait(&key, "requests=1")["held"], true, "{name}");
        drop(connection);
    }

    for name in names {
        let seen = mock.seen(&format!("fault~{name}"));
        assert_eq!(seen["requests_count"], 1, "{name}");
    }
    mock.plan("last", serde_json::json!([{"answer": {"text": "alive"}}]));
    assert_eq!(mock.chat("last").tokens(), ["alive"]);
}
