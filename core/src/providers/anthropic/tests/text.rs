//! Text, reasoning, citations, and the model's name.

use super::*;

const TEXT: &str = r#"{"type":"text","text":""}"#;

fn text_block() -> Value {
    serde_json::from_str(TEXT).unwrap()
}

#[test]
fn start_comes_before_the_first_content_with_id_and_model() {
    let message =
        json!({"id": "msg_1", "model": "m1", "content": [], "usage": {"input_tokens": 3}});
    let first = json!({"type": "message_start", "message": message});
    let ping = json!({"type": "ping"});
    let mut frames = vec![ping.clone(), first, begin(0, text_block()), ping];
    let decoded = stream(&frames);
    check! { (decoded.events, decoded.progress) => [[], Progress::Open]; }

    frames.extend(list! { text_delta(0, ""), text_delta(0, "Hi"), text_delta(0, " you"), stop(0) });
    frames.extend(ended("end_turn"));
    let decoded = stream(&frames);
    let expected = json!([["START", ["msg_1", "m1"]], ["TEXT", "Hi"], ["TEXT", " you"]]);
    check! { (decoded.events, decoded.progress) => [expected, Progress::Done]; }
    check! { decoded.finish => ["stop", "end_turn", {"input_tokens": 3}]; }
}

#[test]
fn a_response_without_content_has_a_start_at_its_end() {
    let first = json!({"type": "message_start", "message": {"id": "msg_1"}});
    let decoded = stream(&[&[first][..], &ended("end_turn")].concat());
    assert_eq!(decoded.events, json!([["START", ["msg_1", "requested"]]]));
    let decoded = whole(r#"{"id":"msg_1","content":[],"stop_reason":"end_turn"}"#);
    assert_eq!(decoded.events, json!([["START", ["msg_1", "requested"]]]));
}

#[test]
fn text_may_stand_in_the_beginning_of_its_block_or_without_one() {
    let frames = list! {
        begin(0, json!({"type": "text", "text": "a"})), text_delta(0, "b"), stop(0),
    };
    check! {
        events_of(&frames, "end_turn") => [["TEXT", "a"], ["TEXT", "b"]];
        events_of(&[text_delta(7, "c")], "end_turn") => [["TEXT", "c"]];
    }
}

#[test]
fn thinking_is_streamed_and_handed_over_whole_with_its_signature() {
    let thinking = |text: &str| delta(0, json!({"type": "thinking_delta", "thinking": text}));
    let signature = |text: &str| delta(0, json!({"type": "signature_delta", "signature": text}));
    let block = json!({"type": "thinking", "thinking": "", "signature": ""});
    let frames = list! {
        begin(0, block), thinking("Hm"), thinking(", \u{e9}\n"), signature("Eq+/"), signature("=="),
        stop(0), begin(1, text_block()), text_delta(1, "42"), stop(1),
    };
    let whole = json!({"type": "thinking", "thinking": "Hm, \u{e9}\n", "signature": "Eq+/=="});
    let expected = json!([
        ["REASONING", "Hm"],
        ["REASONING", ", \u{e9}\n"],
        content(whole.clone()),
        ["TEXT", "42"],
    ]);
    assert_eq!(events_of(&frames, "end_turn"), expected);
    let blocks = json!([whole, {"type": "text", "text": "42"}]);
    let expected = json!([
        ["REASONING", "Hm, \u{e9}\n"],
        content(whole),
        ["TEXT", "42"]
    ]);
    assert_eq!(events_of_whole(blocks, "end_turn"), expected);
}

#[test]
fn thinking_without_text_still_has_its_signature() {
    let frames = list! {
        begin(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "signature_delta", "signature": "sig"})), stop(0),
    };
    let block = json!({"type": "thinking", "thinking": "", "signature": "sig"});
    check! {
        events_of(&frames, "end_turn") => [content(block.clone())];
        events_of_whole(json!([block]), "end_turn") => [content(block)];
    }
    // Servers that sign nothing.
    let frames = list! {
        begin(0, json!({"type": "thinking", "thinking": "a"})),
        delta(0, json!({"type": "thinking_delta", "thinking": "b"})), stop(0),
    };
    let block = json!({"type": "thinking", "thinking": "ab"});
    let expected = json!([["REASONING", "a"], ["REASONING", "b"], content(block)]);
    assert_eq!(events_of(&frames, "end_turn"), expected);
}

#[test]
fn thinking_that_was_cut_cannot_go_back() {
    let frames = list! {
        begin(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm"})),
    };
    check! { events_of(&frames, "max_tokens") => [["REASONING", "Hm"]]; }
}

#[test]
fn redacted_thinking_comes_whole() {
    let block = json!({"type": "redacted_thinking", "data": "EmwKAhgB"});
    let expected = json!([content(block.clone())]);
    check! { events_of(&[begin(0, block.clone()), stop(0)], "end_turn") => expected; }
    assert_eq!(events_of_whole(json!([block]), "end_turn"), expected);
}

#[test]
fn citations_are_parts_with_the_fields_of_the_provider() {
    let citation = json!({"type": "char_location", "cited_text": "x", "document_index": 0});
    let said_as = json!(["PART",
        {"type": "citation", "kind": "char_location", "cited_text": "x", "document_index": 0}]);
    let frames = list! {
        begin(0, json!({"type": "text", "text": "", "citations": []})),
        delta(0, json!({"type": "citations_delta", "citation": citation})), text_delta(0, "a"),
        delta(0, json!({"type": "citations_delta", "citation": null})), stop(0),
    };
    check! { events_of(&frames, "end_turn") => [said_as, ["TEXT", "a"]]; }
    let block = json!({"type": "text", "text": "a", "citations": [citation, 7]});
    check! { events_of_whole(json!([block]), "end_turn") => [["TEXT", "a"], said_as]; }
    let block = json!({"type": "text", "text": "a", "citations": null});
    check! { events_of_whole(json!([block]), "end_turn") => [["TEXT", "a"]]; }
}

#[test]
fn a_delta_of_text_is_borrowed_whatever_stands_around_it() {
    let padded = r#"{"delta":{"text":"a","p":"abcdef","type":"text_delta"},"x":[1,{"y":2}],
        "index":0,"type":"content_block_delta" }        "#;
    let decoded = named(&[("content_block_delta", padded)]);
    check! { (decoded.events, decoded.unknown_events) => [[["TEXT", "a"]], 0]; }
    let surrogate = r#"{"type":"content_block_delta","index":0,
        "delta":{"type":"text_delta","text":"\ud800\u0000"}}"#;
    check! { named(&[("", surrogate)]).events => [["TEXT", "\u{fffd}\0"]]; }
}
