//! F76: content encodings are decoded alike on every place, at once.

use std::io::Write;

use base64::prelude::{Engine, BASE64_STANDARD};
use flate2::write::GzEncoder;
use flate2::Compression;
use serde_json::{json, Value};

use crate::{base_url, body, events, pair, request, within, PATIENCE, PLACES};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A response with a length, so that its bytes are the same in both versions.
fn encoded(kind: &str, encoding: &str, bytes: &[u8]) -> Value {
    let headers = [
        ("content-type", kind.to_owned()),
        ("content-encoding", encoding.to_owned()),
        ("content-length", bytes.len().to_string()),
    ];
    json!({"raw": [{"head": {"status": 200, "headers": headers}},
        {"write_base64": BASE64_STANDARD.encode(bytes)}]})
}

struct Case {
    name: &'static str,
    /// The value of Content-Encoding.
    encoding: &'static str,
    bytes: Vec<u8>,
    /// The kinds of error that may come; none where the text does.
    kinds: &'static [&'static str],
}

const BAD: &[&str] = &["PROTOCOL"];

fn cases(plain: &[u8]) -> Vec<Case> {
    let half = plain.len() / 2;
    let members = [gzip(&plain[..half]), gzip(&plain[half..])].concat();
    let padded = [gzip(plain), vec![0; 512]].concat();
    let with_empty = [gzip(b""), gzip(plain), gzip(b"")].concat();
    let mut corrupt = gzip(plain);
    let checksum = corrupt.len() - 8;
    corrupt[checksum] ^= 0xff;
    let mut bad_block = gzip(plain);
    // The first byte behind the ten of a gzip header holds the kind of block; 3 is none.
    bad_block[10] |= 0b110;
    let cut = gzip(plain)[..20].to_vec();
    let unpacked = [
        ("gzip", "gzip", gzip(plain)),
        ("capitals", "GZIP", gzip(plain)),
        ("an old name", "x-gzip", gzip(plain)),
        ("several members", "gzip", members),
        ("empty members", "gzip", with_empty),
        ("padding", "gzip", padded),
        ("no encoding at all", "identity", plain.to_vec()),
        ("no encoding in capitals", "Identity", plain.to_vec()),
    ];
    let refused = [
        ("plain bytes", "gzip", plain.to_vec(), BAD),
        (WRONG_CHECKSUM, "gzip", corrupt, BAD),
        ("a wrong block", "gzip", bad_block, BAD),
        ("cut", "gzip", cut, &["PROTOCOL", "TRUNCATED"]),
        ("an encoding of its own", "sdch", plain.to_vec(), BAD),
    ];
    let unpacked = unpacked.map(|(name, encoding, bytes)| (name, encoding, bytes, &[] as &[_]));
    let cases = unpacked.into_iter().chain(refused);
    cases
        .map(|(name, encoding, bytes, kinds)| Case {
            name,
            encoding,
            bytes,
            kinds,
        })
        .collect()
}

/// A stream delivers its text as it comes; the checksum comes last, behind the end mark.
const WRONG_CHECKSUM: &str = "a wrong checksum";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_responses_are_decoded_alike_on_every_place() {
    are_decoded_alike("application/json", false, body("unpacked").as_bytes()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_decoded_alike_on_every_place() {
    are_decoded_alike("text/event-stream", true, events("unpacked").as_bytes()).await;
}

async fn are_decoded_alike(kind: &str, stream: bool, plain: &[u8]) {
    let (mock, client) = pair(json!({"retries_max": 0, "total_timeout_ms": 5_000}));
    for (number, case) in cases(plain).into_iter().enumerate() {
        for (place, version) in PLACES {
            let key = format!("{place}-{number}");
            mock.plan(&key, json!([encoded(kind, case.encoding, &case.bytes)]));
            let mut request = request(&base_url(&mock, place, &key));
            request.stream = Some(stream);
            let response = within(PATIENCE, client.complete(request)).await;
            crate::assert_served(&mock, &key, (place, version));
            let name = case.name;
            match response {
                Ok(response) => {
                    let delivered_before = stream && name == WRONG_CHECKSUM;
                    assert!(case.kinds.is_empty() || delivered_before, "{place}: {name}");
                    assert_eq!(response.text, "unpacked", "{place}: {name}");
                }
                Err(error) => {
                    let kind = error.kind.name();
                    assert!(case.kinds.contains(&kind), "{place}: {name}: {error}");
                    assert!(error.maybe_executed, "{place}: {name}: {error}");
                }
            }
        }
    }
}
