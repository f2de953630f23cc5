//! F62: which ends of a stream or a connection leave it certain that the request did not run.

use serde_json::{json, Value};

use crate::server::Listener;
use crate::{ask, client, pair, refused, request, text, verdict, within, PATIENCE};

fn reset(code: &str) -> Value {
    json!({"acts": [{"reset": code}]})
}

fn good(text: &str) -> Value {
    json!({"acts": [{"answer": text}]})
}

/// REFUSED_STREAM means that nothing was done (RFC 9113, 8.7): as safe as a refused connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_stream_is_safe_to_try_again() {
    let (listener, client) = pair(json!({"retries_max": 2}));
    let twice = json!([
        reset("REFUSED_STREAM"),
        reset("REFUSED_STREAM"),
        good("third")
    ]);
    listener.plan("twice", twice);
    assert_eq!(text(&client, &listener.base_url("twice")).await, "third");
    listener.plan("always", json!([reset("REFUSED_STREAM")]));
    let error = refused(&client, &listener.base_url("always")).await;
    assert_eq!(verdict(&error), ("NETWORK", false, 3), "{error}");
    assert_eq!(listener.total("requests"), 6);
    assert_eq!(
        listener.total("connections"),
        1,
        "a stream's end is no connection's"
    );
    listener.assert_no_violation();
}

/// Every other reset of a request that arrived whole may have come after the work was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_other_reset_may_have_run() {
    for code in [
        "CANCEL",
        "INTERNAL_ERROR",
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "STREAM_CLOSED",
        "ENHANCE_YOUR_CALM",
        "SETTINGS_TIMEOUT",
    ] {
        let (listener, client) = pair(json!({"retries_max": 5}));
        listener.plan("always", json!([reset(code)]));
        let error = refused(&client, &listener.base_url("always")).await;
        let (_, maybe_executed, attempts) = verdict(&error);
        let requests = listener.total("requests");
        assert!(maybe_executed, "{code}: {error}");
        assert!(requests <= 2, "{code}: {requests} requests");
        assert_eq!(requests, u64::from(attempts), "{code}: {error}");
        listener.plan("next", json!([good("next")]));
        assert_eq!(
            text(&client, &listener.base_url("next")).await,
            "next",
            "{code}"
        );
        listener.assert_no_violation();
    }
}

/// Before the whole request arrived it cannot have run, whatever code the reset has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_of_half_an_upload_has_not_run() {
    for code in ["INTERNAL_ERROR", "CANCEL"] {
        let (listener, client) = pair(json!({"retries_max": 0}));
        let early = json!([{"early": [{"request_bytes": 1000}, {"reset": code}], "read": false}]);
        listener.plan("upload", early);
        let mut long = request(&listener.base_url("upload"));
        long.user = Some("u".repeat(1 << 20));
        let error = within(PATIENCE, client.complete(long)).await.unwrap_err();
        assert_eq!(verdict(&error), ("NETWORK", false, 1), "{code}: {error}");
        assert_eq!(listener.seen()["requests"][0]["whole"], false);
        listener.assert_no_violation();
    }
}

/// After the head and before content one more request is allowed; after content none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_of_a_response_cuts_it() {
    for code in ["NO_ERROR", "CANCEL", "INTERNAL_ERROR", "REFUSED_STREAM"] {
        let (listener, client) = pair(json!({"retries_max": 5}));
        listener.plan(
            "head",
            json!([{"acts": [{"start": true}, {"reset": code}]}]),
        );
        let error = refused(&client, &listener.base_url("head")).await;
        assert_eq!(error.kind.name(), "TRUNCATED", "{code}: {error}");
        assert!(error.maybe_executed, "{code}: {error}");
        assert!(listener.total("requests") <= 2, "{code}");
        let before = listener.total("requests");
        let cut = json!([{"acts": [{"start": true}, {"token": "part"}, {"reset": code}]}]);
        listener.plan("body", cut);
        let error = refused(&client, &listener.base_url("body")).await;
        assert_eq!(verdict(&error), ("TRUNCATED", true, 1), "{code}: {error}");
        assert_eq!(error.partial.unwrap().text, "part", "{code}");
        assert_eq!(listener.total("requests"), before + 1, "{code}");
        listener.assert_no_violation();
    }
}

/// A reset after the protocol's own end mark leaves the response complete.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_after_the_end_mark_changes_nothing() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    for code in ["NO_ERROR", "CANCEL", "INTERNAL_ERROR"] {
        let whole = json!([{"acts":
            [{"start": true}, {"token": "whole"}, {"mark": true}, {"reset": code}]}]);
        listener.plan("marked", whole);
        assert_eq!(text(&client, &listener.base_url("marked")).await, "whole");
    }
    listener.assert_no_violation();
}

/// A connection that closes before it is established is replaced; nothing was sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_closed_during_its_setup_is_replaced() {
    for (place, how) in [
        ("before_tls", "fin"),
        ("before_settings", "fin"),
        ("before_settings", "reset"),
    ] {
        let mut first = json!({});
        first[place] = json!([{ "close": how }]);
        let listener = Listener::new(json!({"connections": [first, {}]}));
        let client = client(json!({"retries_max": 2}));
        let response = ask(&client, &listener.base_url("any")).await;
        assert_eq!(response.unwrap().text, "Hello world", "{place} {how}");
        let seen = listener.seen();
        assert_eq!(seen["totals"]["connections"], 2, "{place} {how}: {seen}");
        listener.assert_no_violation();
    }
}

/// A connection that ends under a request: the same verdicts as for a reset.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_closed_under_a_request_may_have_run_it() {
    for how in ["fin", "reset"] {
        let (listener, client) = pair(json!({"retries_max": 5}));
        listener.plan("cut", json!([{"acts": [{ "close": how }]}]));
        let error = refused(&client, &listener.base_url("cut")).await;
        assert_eq!(
            (error.kind.name(), error.maybe_executed),
            ("NETWORK", true),
            "{how}: {error}"
        );
        let requests = listener.total("requests");
        assert_eq!(requests, 2, "{how}: one retry");
        let cut = json!([{"acts":
            [{"start": true}, {"token": "part"}, {"signal": "sent"}, {"await": "received"},
             {"close": how}]}]);
        listener.plan("body", cut);
        let call = tokio::spawn({
            let (client, base_url) = (client.clone(), listener.base_url("body"));
            async move { refused(&client, &base_url).await }
        });
        listener.wait("signal=sent");
        listener.signal("received");
        let error = call.await.unwrap();
        assert_eq!(verdict(&error), ("TRUNCATED", true, 1), "{how}: {error}");
        assert_eq!(listener.total("requests"), requests + 1, "{how}");
        assert_eq!(listener.total("violations"), 0);
    }
}
