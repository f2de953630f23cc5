//! What comes of lines and of whole responses.

use super::*;
use crate::error::ErrorKind;

fn stream(lines: &[Value]) -> Decoded {
    OLLAMA.stream(lines)
}

#[test]
fn done_is_the_end_and_nothing_else_is() {
    for (lines, progress) in [
        (vec![text("a")], Progress::Open),
        (
            vec![text("a"), json!({"done_reason": "stop"})],
            Progress::Open,
        ),
        (vec![text("a"), json!({"done": "no"})], Progress::Open),
        (vec![text("a"), done(json!("stop"))], Progress::Done),
        (vec![text("a"), json!({"done": true})], Progress::Done),
        // What follows the end is not looked at.
        (
            vec![text("a"), done(json!("stop")), json!("nonsense")],
            Progress::Done,
        ),
    ] {
        let decoded = stream(&lines);
        check! { decoded.progress => (progress), json!(lines); }
        check! { decoded.good() => [["TEXT", "a"]], json!(lines); }
    }
}

#[test]
fn reasons_have_our_names_and_calls_go_before_stop() {
    let call = json!([{"function": {"name": "f", "arguments": {}}}]);
    for (reason, without, with) in [
        ("stop", "stop", "tool_calls"),
        ("length", "length", "length"),
        ("load", "other", "other"),
        ("unload", "other", "other"),
        ("something new", "other", "other"),
    ] {
        let plain = stream(&[text("a"), done(json!(reason))]);
        let calling = stream(&[calls(call.clone()), done(json!(reason))]);
        check! {
            [&plain.finish[0], &plain.finish[1]] => [without, reason];
            calling.finish[0] => with, reason;
        }
    }
    let failed = stream(&[text("a"), done(json!("error"))]);
    assert_eq!(failed.error.unwrap().kind, ErrorKind::Provider);
}

#[test]
fn thinking_goes_out_in_pieces_and_once_more_whole() {
    let decoded = stream(&list! {
        thinking("Let me"), thinking(" see"), text("4"), thinking("Hm"),
        calls(json!([{"function": {"name": "f", "arguments": {"x": 1}}}])), done(json!("stop")),
    });
    let part = |text: &str| {
        let content = json!({"type": "thinking", "thinking": text});
        json!(["PART", {"type": "content", "content": content}])
    };
    let message = json!(decoded.response.message());
    let id = &message["tool_calls"][0]["id"];
    check! {
        decoded.events => [
            ["REASONING", "Let me"], ["REASONING", " see"], part("Let me see"), ["TEXT", "4"],
            ["REASONING", "Hm"], part("Hm"),
            ["TOOL_DELTA", {"index": 0, "name": "f", "arguments": "{\"x\":1}"}],
            ["TOOL_CALL", {"index": 0, "id": id, "name": "f", "arguments": "{\"x\":1}"}],
        ];
    }
    let again = json!({"model": "m", "messages": [message]});
    let sent = &body(&OLLAMA.encode(&again, &target()).unwrap())["messages"][0];
    let call = json!({"id": id, "function": {"name": "f", "arguments": {"x": 1}}});
    check! {
        sent => {"role": "assistant", "content": "4", "thinking": "Let me seeHm",
            "tool_calls": [call]};
    }
}

#[test]
fn equal_calls_are_two_calls() {
    let call = json!({"function": {"name": "f", "arguments": {"x": 1}}});
    let same_id = json!({"id": "c1", "function": {"name": "f", "arguments": {}}});
    let decoded = stream(&list! {
        calls(json!([call, call])), calls(json!([same_id])), calls(json!([same_id])),
        done(json!("stop")),
    });
    let calls = &decoded.response.tool_calls;
    let mut ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    check! { (calls.len(), ids.len()) => [4, 4]; }
}

#[test]
fn odd_values_count_as_absent_and_unknown_lines_are_counted() {
    let decoded = stream(&list! {
        json!({"status": "pulling"}), json!({}),
        json!({"model": 7, "message": {"content": 5, "thinking": null, "tool_calls": 3}}),
        json!({"message": [{"content": "b"}], "done": null}),
        json!({"message": "text", "done": true, "done_reason": 1, "eval_count": "x"}),
    });
    check! {
        decoded.unknown_events => 2;
        decoded.events => [["TEXT", "5"], ["TEXT", "b"]];
        decoded.finish => [null, null, {}];
    }
}

#[test]
fn an_error_line_is_an_error_in_any_form() {
    let message = |line: Value| stream(&[text("a"), line]).error.map(|error| error.message);
    for (line, expected) in list! {
        (json!({"error": "oops"}), "ollama: oops"),
        (json!({"error": {"message": "oops"}}), "ollama: oops"),
        (json!({"success": false, "errors": [{"code": 1, "message": "oops"}]}), "ollama: oops"),
        (json!({"statusCode": 500, "message": "oops"}), "ollama: oops"),
    } {
        assert_eq!(message(line.clone()).as_deref(), Some(expected), "{line}");
    }
    for nothing in [json!(""), json!(null), json!(false), json!({})] {
        assert_eq!(message(json!({"message": {}, "error": nothing})), None);
    }
    // What the model wrote beside an error is handed over.
    let beside = json!({"message": {"thinking": "b"}, "error": "oops", "done": true});
    let decoded = stream(&[beside]);
    check! {
        decoded.list()[0] => ["REASONING", "b"];
        decoded.progress => (Progress::Open);
    }
}

#[test]
fn a_whole_response_needs_a_message_and_to_be_done() {
    let whole = |body: Value| OLLAMA.whole(body.to_string());
    let kind = |body: Value| whole(body).error.map(|error| error.kind);
    let message = json!({"content": "a"});
    check! {
        kind(json!({"message": message, "done": true})) => null;
        kind(json!({"message": message})) => null;
        kind(json!({"message": message, "done": false})) => (ErrorKind::Truncated);
        kind(json!({"model": "m"})) => (ErrorKind::Protocol);
        kind(json!({"error": "oops"})) => (ErrorKind::Provider);
    }
    let body = json!({"message": {"content": "a", "thinking": "b"}, "done": true,
        "prompt_eval_count": 0, "eval_count": 2, "total_duration": 9});
    let decoded = whole(body);
    check! {
        decoded.finish[2] => {"input_tokens": 0, "output_tokens": 2};
        decoded.usage_raw => {"prompt_eval_count": 0, "eval_count": 2};
    }
}

#[test]
fn a_full_queue_is_overloaded() {
    let busy = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;
    let kind = |status, body| OLLAMA.error(status, body).kind;
    check! {
        kind(503, busy) => (ErrorKind::Overloaded);
        kind(503, "<html>") => (ErrorKind::Provider);
        kind(502, r#"{"error":"cloud unreachable"}"#) => (ErrorKind::Provider);
        kind(404, r#"{"error":"model \"x\" not found, try pulling it first"}"#) =>
            (ErrorKind::NotFound);
    }
}

#[test]
fn lines_in_events_are_read_too() {
    let frames = [text("a"), done(json!("stop"))].map(|line| line.to_string());
    let events = frames.iter().map(|data| ("", data.as_str()));
    let decoded = OLLAMA.frames(events.chain([("", "[DONE]")]));
    check! { decoded.good() => [["TEXT", "a"]]; }
}

/// Found by fuzzing: an id alone, which another call has, was a call whose event was left out, so
/// that the index of the next one was ahead of what callers had.
#[test]
fn an_id_alone_that_another_call_has_is_no_call() {
    let (first, second) = (json!({"id": "a"}), json!({"id": "b"}));
    let decoded = stream(&[
        calls(json!([first])),
        calls(json!([first])),
        calls(json!([second])),
        done(json!("stop")),
    ]);
    let deltas = decoded.events.as_array().unwrap().iter();
    let deltas = deltas.filter(|event| event[0] == "TOOL_DELTA");
    let deltas: Vec<_> = deltas
        .map(|event| (&event[1]["index"], &event[1]["id"]))
        .collect();
    assert_eq!(deltas, [(&json!(0), &json!("a")), (&json!(1), &json!("b"))]);
}
