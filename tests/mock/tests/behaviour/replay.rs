//! Vectors and recordings: exact bytes, own framing, cut points.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::client::End;
use crate::program::Mock;

/// A folder of this test alone, under cargo's own for test files.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn vector_mock(test: &str, responses: serde_json::Value) -> Mock {
    let folder = folder(test);
    let vector = json!({"name": "v", "provider": "openai", "responses": responses});
    fs::write(folder.join("v.json"), vector.to_string()).unwrap();
    Mock::start(&["--vectors", folder.to_str().unwrap()])
}

#[test]
fn a_vector_is_cut_at_its_own_points_or_every_so_often() {
    let mock = vector_mock(
        "vector_cuts",
        json!([{"status": 200, "headers": [["content-type", "text/event-stream"]],
            "body": "data: äb\n\n", "cuts": [7, 9]}]),
    );

    let own = mock.chat("vector~v");
    let every = mock.chat("vector~v~3~x");
    let whole = mock.chat("vector~v~0~x");

    let lengths = |pieces: &[Vec<u8>]| pieces.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(&own.pieces), [7, 2, 2]);
    assert_eq!(lengths(&every.pieces), [3, 3, 3, 2]);
    assert_eq!(lengths(&whole.pieces), [11]);
    assert_eq!(
        (own.text(), own.end),
        ("data: äb\n\n".to_owned(), End::Whole)
    );
}

#[test]
fn response_n_of_a_vector_is_for_request_n() {
    let mock = vector_mock(
        "vector_turns",
        json!([{"status": 429, "headers": [["retry-after", "0"]]},
            {"status": 200, "headers": [["content-type", "application/json"]],
                "body_base64": "e30="}]),
    );
    mock.plan("k", json!([{"status": 500}, {"vector": "v"}]));

    let statuses: Vec<u16> = (0..4).map(|_| mock.whole("k").status).collect();

    assert_eq!(statuses, [500, 429, 200, 200]);
    let last = mock.whole("k");
    assert_eq!(
        (last.text().as_str(), last.header("content-length")),
        ("{}", Some("2"))
    );
}

#[test]
fn a_vector_keeps_a_length_that_lies() {
    let mock = vector_mock(
        "vector_lies",
        json!([{"status": 200, "headers": [["content-length", "100"]], "body": "short"}]),
    );

    let response = mock.whole("vector~v");

    assert_eq!(
        (response.text().as_str(), response.end),
        ("short", End::Closed)
    );
}

#[test]
fn a_recording_is_replayed_with_its_headers() {
    let recordings = folder("recordings");
    let body = "data: {}\r\n\r\ndata: [DONE]\r\n\r\n";
    for (id, kind) in [
        ("stream-1.x", "text/event-stream"),
        ("json-1", "application/json"),
    ] {
        let exchange = recordings.join("some-api").join(id);
        fs::create_dir_all(&exchange).unwrap();
        let response = json!({"status": 201, "reason": "Created", "framing": "none",
            "headers": [["content-type", kind], ["x-odd", "1"]], "body_bytes": body.len()});
        fs::write(exchange.join("response.json"), response.to_string()).unwrap();
        fs::write(exchange.join("response.body"), body).unwrap();
    }
    let mock = Mock::start(&["--recordings", recordings.to_str().unwrap()]);
    mock.plan("k", json!([{"recording": "some-api/json-1"}]));

    let stream = mock.chat("recording~some-api~stream-1.x~5~mine");
    let whole = mock.chat("k");

    assert_eq!((stream.status, stream.header("x-odd")), (201, Some("1")));
    assert_eq!(stream.header("transfer-encoding"), Some("chunked"));
    assert_eq!(stream.pieces.len(), body.len().div_ceil(5));
    assert_eq!(stream.text(), body);
    assert_eq!(
        whole.header("content-length"),
        Some(body.len().to_string().as_str())
    );
    assert_eq!(whole.text(), body);
}

#[test]
fn what_is_missing_is_a_404_that_names_it() {
    let mock = vector_mock("vector_missing", json!([]));

    for (key, part) in [
        ("vector~v", "empty"),
        ("vector~none", "none.json"),
        ("recording~a~b", "--recordings"),
        ("fault~F99", "F99"),
    ] {
        let response = mock.chat(key);
        assert_eq!(response.status, 404, "{key}");
        assert!(response.text().contains(part), "{}", response.text());
    }
}
