//! Text, reasoning, refusals and parts.

use super::*;

#[test]
fn start_comes_before_the_first_content_with_the_first_id_and_model() {
    let decoded = stream(&list! {
        r#"{"id":"","model":"","choices":[],"prompt_filter_results":[]}"#,
        r#"{"id":"c1","model":"m1","choices":[{"index":0,"delta":{"role":"r","content":""}}]}"#,
        r#"{"id":"c2","model":"m2","choices":[{"index":0,"delta":{"content":"Hi"}}]}"#,
        r#"{"id":"c3","model":"m","choices":[{"delta":{"content":" you"},"finish_reason":"eos"}]}"#,
        "[DONE]",
    });
    let expected = json!([["START", ["c1", "m1"]], ["TEXT", "Hi"], ["TEXT", " you"]]);
    check! { (decoded.events, decoded.progress) => [expected, Progress::Done]; }
    assert_eq!(decoded.finish, json!(["stop", "eos", null]));
}

#[test]
fn a_response_without_content_has_a_start_at_its_end() {
    let decoded = stream(&[r#"{"id":"c1","choices":[{"delta":{},"finish_reason":"stop"}]}"#]);
    assert_eq!(decoded.events, json!([["START", ["c1", "requested"]]]));
    let decoded = stream(&[r#"{"id":"c1","choices":[{"delta":{"content":""}}]}"#]);
    check! { (decoded.events, decoded.progress) => [[], Progress::Open]; }
}

#[test]
fn other_choices_are_ignored() {
    let decoded = stream(&list! {
        r#"{"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}]}"#,
        r#"{"choices":[{"delta":{"content":"c"}},{"delta":{"content":"d"}}]}"#,
    });
    assert_eq!(decoded.events, json!([["TEXT", "a"], ["TEXT", "c"]]));
    check! { (decoded.progress, decoded.finish) => [Progress::Open, [null, null, null]]; }
}

#[test]
fn the_only_choice_is_the_response_whatever_its_index() {
    let one = |index: u64, text: &str| {
        json!({"choices": [{"index": index, "delta": {"content": text}}]}).to_string()
    };
    let events_of = |chunks: &[(u64, &str)]| {
        let chunks: Vec<String> = chunks
            .iter()
            .map(|(index, text)| one(*index, text))
            .collect();
        stream(&chunks.iter().map(String::as_str).collect::<Vec<_>>()).events
    };
    check! {
        events_of(&[(3, "a"), (3, "b")]) => [["TEXT", "a"], ["TEXT", "b"]];
        events_of(&[(3, "a"), (4, "b"), (7, "c")]).as_array().unwrap().len() => 3;
    }
    // Where the number goes back there are several, and the first of them is ours.
    check! {
        events_of(&[(1, ""), (2, ""), (1, "a"), (2, "b"), (1, "c")])
            => [["TEXT", "a"], ["TEXT", "c"]];
        events_of(&[(0, "a"), (1, "b"), (0, "c")]) => [["TEXT", "a"], ["TEXT", "c"]];
    }
    let beside = |index: u64, text: &str| {
        let message = json!({"content": text});
        json!({"choices": [{"index": index, "delta": message, "message": message}]}).to_string()
    };
    let growing = stream(&[&beside(0, "a"), &beside(1, "b"), &beside(2, "c")]).events;
    check! { growing => [["TEXT", "a"], ["TEXT", "b"], ["TEXT", "c"]]; }
    let back =
        stream(&list! { &beside(0, "a"), &beside(1, ""), &beside(0, "c"), &beside(1, "d") }).events;
    assert_eq!(back, json!([["TEXT", "a"], ["TEXT", "c"]]));
    let two = r#"{"choices":[{"index":1,"delta":{"content":"x"}},{"index":2,"delta":{}}]}"#;
    check! { stream(&[two, &one(2, "y"), &one(1, "z")]).events.as_array().unwrap().len() => 2; }
    let body = r#"{"choices":[{"index":1,"message":{"content":"x"}}]}"#;
    assert_eq!(whole(body).events, json!([["TEXT", "x"]]));
}

#[test]
fn a_delta_counts_in_streams_and_a_message_in_whole_responses() {
    let both = r#"{"choices":[{"message":{"content":"so far"},"delta":{"content":"new"}}]}"#;
    assert_eq!(stream(&[both]).events, json!([["TEXT", "new"]]));
    assert_eq!(whole(both).events, json!([["TEXT", "so far"]]));
    let message = r#"{"choices":[{"message":{"content":"all"},"finish_reason":"stop"}]}"#;
    assert_eq!(stream(&[message]).events, json!([["TEXT", "all"]]));
    let delta = r#"{"choices":[{"delta":{"content":"all"},"finish_reason":"stop"}]}"#;
    assert_eq!(whole(delta).events, json!([["TEXT", "all"]]));
}

#[test]
fn reasoning_comes_once_whatever_its_field() {
    let details = json!([{"type": "reasoning.text", "text": "why"}]);
    let why = json!([["REASONING", "why"]]);
    for field in ["reasoning", "reasoning_content"] {
        check! { events_of(&[json!({field: "why", "content": null})], "stop") => why; }
    }
    check! {
        events_of(&[json!({"reasoning": "why", "reasoning_content": "why"})], "stop") => why;
        events_of(&[json!({"reasoning_details": details})], "stop") => why;
        events_of(&[json!({"reasoning": "why", "reasoning_details": details})], "stop") => why;
    }
    let later = list! {
        json!({"reasoning": "why"}), json!({"reasoning": null, "reasoning_details": details}),
    };
    assert_eq!(events_of(&later, "stop"), why);
    check! {
        events_of(&[json!({"reasoning": {"text": "x"}, "content": "y"})], "stop")
            => [["REASONING", "x"], ["TEXT", "y"]];
    }
}

#[test]
fn signed_and_encrypted_reasoning_is_handed_on() {
    let details = json!([
        {"type": "reasoning.summary", "summary": "in short", "index": 0},
        {"type": "reasoning.encrypted", "data": "abc", "id": "r1"},
        {"type": "reasoning.text", "text": "", "signature": "sig"},
    ]);
    let expected = json!([
        ["REASONING", "in short"],
        ["PART", {"type": "reasoning.encrypted", "data": "abc", "id": "r1"}],
        ["PART", {"type": "reasoning.text", "text": "", "signature": "sig"}],
    ]);
    check! { events_of(&[json!({"reasoning_details": details})], "stop") => expected; }
}

#[test]
fn a_list_of_parts_is_content_too() {
    let parts = json!([
        {"type": "thinking", "thinking": [{"text": "hm"}, {"type": "text", "text": ""}]},
        {"type": "thinking", "thinking": "so"},
        {"type": "reasoning", "summary": ["so"], "text": "as", "content": []},
        {"type": "text", "text": "42"},
        {"type": "text", "text": ""},
        {"type": "reference", "reference_ids": [1]},
        {"type": "image_url", "image_url": {"url": "data:,"}},
    ]);
    let expected = json!([
        ["REASONING", "hm"],
        ["REASONING", "so"],
        ["REASONING", "as"],
        ["TEXT", "42"],
        ["PART", {"type": "reference", "reference_ids": [1]}],
        ["PART", {"type": "image", "image_url": {"url": "data:,"}}],
    ]);
    assert_eq!(events_of(&[json!({"content": parts})], "stop"), expected);
    let mixed = list! {
        json!({"content": [{"type": "text", "text": "a"}]}), json!({"content": "b"}),
    };
    check! { events_of(&mixed, "stop") => [["TEXT", "a"], ["TEXT", "b"]]; }
}

#[test]
fn a_refusal_is_a_part() {
    let deltas = list! {
        json!({"refusal": "I "}), json!({"refusal": "can't"}), json!({"refusal": null}),
    };
    let expected = json!([
        ["PART", {"type": "refusal", "text": "I "}],
        ["PART", {"type": "refusal", "text": "can't"}],
    ]);
    assert_eq!(events_of(&deltas, "stop"), expected);
}

#[test]
fn everything_else_is_a_part() {
    let deltas = json!({
        "annotations": [
            {"type": "url_citation", "url_citation": {"url": "u"}},
            {"type": "file", "file": {"name": "n"}},
        ],
        "audio": {"id": "a", "data": "AA=="},
        "images": [{"type": "image_url", "image_url": {"url": "data:,"}}],
    });
    let expected = json!([
        ["PART", {"type": "citation", "url_citation": {"url": "u"}}],
        ["PART", {"type": "file", "file": {"name": "n"}}],
        ["PART", {"type": "audio", "id": "a", "data": "AA=="}],
        ["PART", {"type": "image", "image_url": {"url": "data:,"}}],
    ]);
    assert_eq!(events_of(&[deltas], "stop"), expected);
    let nothing = json!({"annotations": [], "audio": null, "images": "x", "reasoning_details": {}});
    assert_eq!(events_of(&[nothing], "stop"), json!([]));
}

#[test]
fn log_probabilities_are_a_part_behind_their_text() {
    let chunk = |logprobs: Value| {
        json!({"choices": [{"delta": {"content": "a"}, "logprobs": logprobs}]}).to_string()
    };
    let content = json!([{"token": "a", "logprob": -0.1}]);
    let decoded = stream(&[&chunk(json!({"content": content, "refusal": null}))]);
    let part = json!({"type": "logprobs", "content": content, "refusal": null});
    assert_eq!(decoded.events, json!([["TEXT", "a"], ["PART", part]]));
    let decoded = stream(&list! {
        &chunk(json!({"content": null, "refusal": null})), &chunk(Value::Null),
    });
    assert_eq!(decoded.events, json!([["TEXT", "a"], ["TEXT", "a"]]));
}

#[test]
fn repeated_sources_come_once() {
    let chunk = |urls: &[&str]| {
        json!({"choices": [{"delta": {"content": "x"}}], "citations": urls,
               "search_results": [{"title": "t", "url": "u"}]})
        .to_string()
    };
    let decoded = stream(&[&chunk(&["u1"]), &chunk(&["u1"]), &chunk(&["u1", "u2"])]);
    let expected = json!([
        ["TEXT", "x"],
        ["PART", {"type": "citation", "url": "u1"}],
        ["PART", {"type": "search_result", "title": "t", "url": "u"}],
        ["TEXT", "x"],
        ["TEXT", "x"],
        ["PART", {"type": "citation", "url": "u2"}],
    ]);
    assert_eq!(decoded.events, expected);
}

#[test]
fn a_whole_response_comes_in_the_order_of_its_kinds() {
    let decoded = whole(
        r#"{"id":"c1","model":"m","citations":["u"],"choices":[{"index":0,"finish_reason":"stop",
            "logprobs":{"content":[{"token":"a"}]},
            "message":{"content":"text","reasoning":"why","refusal":"no",
              "tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}}],
            "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#,
    );
    let expected = json!([
        ["START", ["c1", "m"]],
        ["REASONING", "why"],
        ["TEXT", "text"],
        ["PART", {"type": "refusal", "text": "no"}],
        ["PART", {"type": "logprobs", "content": [{"token": "a"}]}],
        ["PART", {"type": "citation", "url": "u"}],
        ["TOOL_CALL", {"index": 0, "id": "1", "name": "f", "arguments": "{}"}],
    ]);
    check! { (decoded.events, decoded.progress) => [expected, Progress::Done]; }
    let usage = json!({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3});
    assert_eq!(decoded.finish, json!(["tool_calls", "stop", usage]));
}

#[test]
fn a_lone_surrogate_and_a_nul_are_text() {
    let decoded = stream(&[r#"{"choices":[{"delta":{"content":"a\u0000b\ud800c"}}]}"#]);
    assert_eq!(decoded.events, json!([["TEXT", "a\0b\u{fffd}c"]]));
    let decoded = whole(r#"{"choices":[{"message":{"content":"\udfffx"}}]}"#);
    assert_eq!(decoded.events, json!([["TEXT", "\u{fffd}x"]]));
}
