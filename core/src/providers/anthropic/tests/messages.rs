//! Messages as turns.

use super::*;

/// The body's system and messages, and the warnings.
fn turns(messages: Value) -> (Value, Value, Vec<String>) {
    let encoded = encode(&conversation(messages), &target()).unwrap();
    let body = body(&encoded);
    (
        body["system"].clone(),
        body["messages"].clone(),
        encoded.warnings,
    )
}

fn error(messages: Value) -> String {
    ANTHROPIC.refused(&conversation(messages), &target())
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn system_messages_stand_apart() {
    let user = json!({"role": "user", "content": "hi"});
    let system = |content: Value| json!({"role": "system", "content": content});
    let (apart, turns_sent, warnings) = turns(json!([system(json!("be brief")), user]));
    assert_eq!((apart, turns_sent), (json!("be brief"), json!([user])));
    assert_eq!(warnings, Vec::<String>::new());

    let developer = json!({"role": "developer", "content": "b"});
    let (apart, ..) = turns(json!([system(json!("a")), developer, user]));
    assert_eq!(apart, json!([text("a"), text("b")]));

    let marked = json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}});
    check! { turns(json!([system(json!([marked])), user])).0 => [marked]; }
    let message = json!({"role": "system", "content": "a", "cache_control": {"type": "ephemeral"}});
    assert_eq!(turns(json!([message, user])).0, json!([marked]));
}

#[test]
fn a_system_message_inside_the_conversation_moves_with_a_warning() {
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "system", "content": "s"},
        {"role": "user", "content": "b"},
    ]);
    let (apart, turns, warnings) = turns(messages);
    let merged = json!([{"role": "user", "content": [text("a"), text("b")]}]);
    assert_eq!((apart, turns), (json!("s"), merged));
    let moved = "messages[1] was moved to the top: Anthropic has one system prompt";
    assert_eq!(warnings, [moved]);
}

#[test]
fn a_system_prompt_stands_in_one_place() {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    request["system"] = json!("own");
    assert_eq!(body(&encode(&request, &target()).unwrap())["system"], "own");
    request["messages"] = json!([{"role": "system", "content": "s"}]);
    let error = ANTHROPIC.refused(&request, &target());
    assert!(error.starts_with("system is in messages"), "{error}");
}

#[test]
fn roles_take_turns() {
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "user", "content": [text("b")]},
        {"role": "assistant", "content": "c"},
        {"role": "assistant", "content": "d"},
        {"role": "user", "content": "e"},
    ]);
    let expected = json!([
        {"role": "user", "content": [text("a"), text("b")]},
        {"role": "assistant", "content": [text("c"), text("d")]},
        {"role": "user", "content": "e"},
    ]);
    assert_eq!(turns(messages).1, expected);
}

#[test]
fn calls_and_their_results() {
    let call = |id: &str, arguments: &str| {
        let function = json!({"name": "f", "arguments": arguments});
        json!({"id": id, "type": "function", "function": function})
    };
    let messages = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "", "tool_calls":
            [call("c1", ""), call("c2", " {\"b\": 1.0,\n\"a\": 2} "), call("c3", "null")]},
        {"role": "user", "content": "quick"},
        {"role": "tool", "tool_call_id": "c1", "name": "f", "content": "42"},
        {"role": "tool", "tool_call_id": "c2", "is_error": true, "content":
            [text("no"), {"type": "image_url", "image_url": {"url": "https://x/y.png"}}]},
        {"role": "tool", "tool_call_id": "c3", "cache_control": {"type": "ephemeral"}},
    ]);
    let image = json!({"type": "image", "source": {"type": "url", "url": "https://x/y.png"}});
    let expected = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "c1", "name": "f", "input": {}},
            {"type": "tool_use", "id": "c2", "name": "f", "input": {"b": 1.0, "a": 2}},
            {"type": "tool_use", "id": "c3", "name": "f", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": "42"},
            {"type": "tool_result", "tool_use_id": "c2", "content": [text("no"), image],
                "is_error": true},
            {"type": "tool_result", "tool_use_id": "c3", "cache_control": {"type": "ephemeral"}},
            text("quick"),
        ]},
    ]);
    assert_eq!(turns(messages.clone()).1, expected);
    let encoded = encode(&json!({"model": "m", "messages": messages}), &target()).unwrap();
    let sent = String::from_utf8(encoded.body).unwrap();
    assert!(sent.contains("\"input\":{\"b\": 1.0,\n\"a\": 2}"), "{sent}");
}

#[test]
fn arguments_must_be_an_object() {
    for arguments in ["{", "[1]", "7", "\"x\"", "{} {}", "{'a':1}"] {
        let function = json!({"name": "f", "arguments": arguments});
        let calls = json!([{"id": "c0", "function": {"name": "f", "arguments": "{}"}},
            {"id": "c", "function": function}]);
        let message = error(json!([{"role": "assistant", "tool_calls": calls}]));
        let expected = "messages[0].tool_calls[1].function.arguments \
            is not the text of a JSON object";
        assert_eq!(message, expected, "{arguments}");
    }
}

#[test]
fn what_ties_calls_to_results_must_be_there() {
    let function = json!({"name": "f", "arguments": "{}"});
    let nameless = json!([{"role": "assistant", "tool_calls": [{"function": function}]}]);
    assert!(error(nameless).contains("messages[0].tool_calls[0].id is missing"));
    let result = json!([{"role": "tool", "content": "42"}]);
    assert!(error(result).contains("messages[0].tool_call_id is missing"));
    let old = json!([{"role": "function", "name": "f", "content": "42"}]);
    assert!(error(old).contains("messages[0] cannot be sent: role function"));
    let free = json!([{"role": "assistant", "tool_calls":
        [{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}]}]);
    assert!(error(free).contains("messages[0].tool_calls[0] cannot be sent"));
}

#[test]
fn fields_of_a_message_with_a_value_are_refused() {
    let empty = json!({"role": "assistant", "content": "a", "refusal": null, "annotations": [],
        "audio": null, "tool_calls": null});
    check! { turns(json!([empty])).1 => [{"role": "assistant", "content": "a"}]; }
    for name in ["name", "refusal", "reasoning_content"] {
        let message = error(json!([{"role": "user", "content": "a", name: "x"}]));
        check! { message.starts_with(&format!("messages[0].{name} cannot")) => true, message; }
    }
    let messages = json!([{"role": "user", "content": "a", "name": "x"}]);
    let encoded = encode(&json!({"model": "m", "messages": messages}), &lenient()).unwrap();
    check! { body(&encoded)["messages"] => [{"role": "user", "content": "a"}]; }
    let expected = "messages[0].name was left out: Anthropic has no such field in a message";
    assert_eq!(encoded.warnings, [expected]);
}

#[test]
fn an_empty_message_is_left_out() {
    let user = |text: &str| json!({"role": "user", "content": text});
    for nothing in list! {
        json!(null), json!(""), json!(" \n"), json!([]), json!([text("")]),
        json!([text("\t"), text("")]),
        json!([{"type": "thinking", "thinking": "of another provider"}]),
    } {
        let silent = json!({"role": "assistant", "content": nothing});
        let messages = json!([user("a"), silent]);
        assert_eq!(turns(messages).1, json!([user("a")]), "{silent}");
        let merged = json!([{"role": "user", "content": [text("a"), text("b")]}]);
        assert_eq!(turns(json!([user("a"), silent, user("b")])).1, merged);
        let error = error(json!([user(" "), silent]));
        check! { error => "messages are empty; give at least one of the user's"; }
    }
}

#[test]
fn blank_texts_are_left_out_wherever_they_stand() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let result = |content: Value| json!({"role": "tool", "tool_call_id": "c", "content": content});
    let messages = |content: Value| {
        json!([
            {"role": "system", "content": [text(" "), text("s")]},
            {"role": "user", "content": [text(""), text("hi"), text("\n")]},
            {"role": "assistant", "content": [text("")], "tool_calls": [call]},
            result(content),
        ])
    };
    for nothing in list! { json!(""), json!("\n"), json!([]), json!([text(" ")]), json!(null) } {
        let (system, turns, warnings) = turns(messages(nothing));
        let wire_call = json!({"type": "tool_use", "id": "c", "name": "f", "input": {}});
        let expected = json!([
            {"role": "user", "content": [text("hi")]},
            {"role": "assistant", "content": [wire_call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c"}]},
        ]);
        assert_eq!((system, turns), (json!([text("s")]), expected));
        assert_eq!(warnings, Vec::<String>::new());
    }
    // A failure has to have a text.
    let mut failed = messages(json!(""));
    failed[3]["is_error"] = json!(true);
    let words = &turns(failed).1[2]["content"][0]["content"];
    assert_eq!(*words, json!("the tool failed without a message"));
}

#[test]
fn the_last_words_of_the_model_end_without_blanks() {
    for (last, expected) in list! {
        (json!("Sure: "), json!("Sure:")),
        (json!([text("a "), text("b\n")]), json!([text("a "), text("b")])),
    } {
        let mut messages =
            json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": last}]);
        assert_eq!(turns(messages.clone()).1[1]["content"], expected);
        // Elsewhere they stand as they were sent.
        let more = json!({"role": "user", "content": "go on"});
        messages.as_array_mut().unwrap().push(more);
        assert_eq!(turns(messages).1[1]["content"], last);
    }
}

#[test]
fn ids_of_calls_have_the_letters_that_anthropic_takes() {
    let call = |id: &str| {
        json!({"id": id, "type": "function",
            "function": {"name": "f", "arguments": "{}"}, "extra_content": {"google": 1}})
    };
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "1"});
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "tool_calls":
            [call("functions.f:0"), call("functions.f.0"), call("toolu_1"), call("")]},
        result("functions.f.0"),
        result("functions.f:0"),
        result("toolu_1"),
        result(""),
        // Another turn with an id that was there before.
        {"role": "assistant", "tool_calls": [call("toolu_1")]},
        result("toolu_1"),
    ]);
    let (_, sent, _) = turns(messages);
    let names = |turn: usize, field: &str| -> Vec<String> {
        let blocks = sent[turn]["content"].as_array().unwrap();
        let name = |block: &Value| block[field].as_str().unwrap().to_owned();
        blocks.iter().map(name).collect()
    };
    let (first, second) = (names(1, "id"), names(3, "id"));
    assert_eq!(first[0], "functions_f_0");
    assert_eq!(first[2], "toolu_1");
    let results = names(2, "tool_use_id");
    assert_eq!(results[..2], [first[1].clone(), first[0].clone()]);
    assert_eq!(results[2..], first[2..]);
    assert_eq!(names(4, "tool_use_id"), second);
    let mut all = [first, second].concat();
    for id in &all {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        assert!(!id.is_empty() && id.bytes().all(fits), "{id}");
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 5, "{all:?}");
    assert!(!sent.to_string().contains("extra_content"));
}

#[test]
fn blocks_of_anthropics_form_have_its_letters_too() {
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "content":
            [{"type": "tool_use", "id": "functions.f:0", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "functions.f:0",
            "content": [text(" "), text("r")]}]},
    ]);
    let (_, sent, _) = turns(messages);
    assert_eq!(sent[1]["content"][0]["id"], "functions_f_0");
    let result = json!({"type": "tool_result", "tool_use_id": "functions_f_0",
        "content": [text("r")]});
    assert_eq!(sent[2]["content"], json!([result]));
}

#[test]
fn what_another_providers_reply_had_stays_behind() {
    let signed = json!({"type": "thinking", "thinking": "Hm", "signature": "s"});
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "reasoning_content": "Hm", "refusal": null, "annotations": [],
            "reasoning_details": [{"type": "reasoning.text"}], "content": [
                {"type": "reasoning_content", "reasoning_content": "Hm"},
                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                signed,
                text("b"),
            ]},
        {"role": "user", "content": "c"},
    ]);
    let (_, sent, warnings) = turns(messages);
    assert_eq!(sent[1]["content"], json!([signed, text("b")]));
    let left_out = |place: &str, kind: &str| {
        format!("messages[1].{place} was left out: anthropic takes no \"{kind}\"")
    };
    let expected = list! {
        left_out("reasoning_content", "reasoning_content"),
        left_out("reasoning_details", "reasoning_details"),
        left_out("content[0]", "reasoning_content"), left_out("content[1]", "thinking"),
    };
    assert_eq!(warnings, expected);
}

#[test]
fn a_mark_for_the_cache_goes_to_the_last_block() {
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    let messages = json!([
        {"role": "user", "content": "a", "cache_control": mark},
        {"role": "assistant", "content": [text("b")], "cache_control": mark, "tool_calls":
            [{"id": "c", "function": {"name": "f", "arguments": "{}"}, "index": 0}]},
        {"role": "user", "content": [text("d"), text("e")], "cache_control": mark},
    ]);
    let call =
        json!({"type": "tool_use", "id": "c", "name": "f", "input": {}, "cache_control": mark});
    let marked = |text: &str| json!({"type": "text", "text": text, "cache_control": mark});
    let expected = json!([
        {"role": "user", "content": [marked("a")]},
        {"role": "assistant", "content": [text("b"), call]},
        {"role": "user", "content": [text("d"), marked("e")]},
    ]);
    assert_eq!(turns(messages).1, expected);
}

#[test]
fn calls_that_stand_in_the_content_are_not_sent_again() {
    let block = json!({"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1},
        "caller": {"type": "code_execution_20250825", "tool_id": "s"}});
    let function = json!({"name": "f", "arguments": "{\"a\":1}"});
    let messages = json!([{"role": "assistant", "content": [block, text("x")], "tool_calls":
        [{"id": "c", "function": function}, {"id": "d", "function": function}]}]);
    let other = json!({"type": "tool_use", "id": "d", "name": "f", "input": {"a": 1}});
    let expected = json!([{"role": "assistant", "content": [block, text("x"), other]}]);
    assert_eq!(turns(messages).1, expected);
}

#[test]
fn of_a_calls_other_fields_only_those_that_are_known_and_set_go_back() {
    let caller = json!({"type": "code_execution_20250825", "tool_id": "s"});
    let call = |caller: &Value| {
        json!([{"role": "assistant", "tool_calls": [{"id": "c", "caller": caller, "index": 0,
            "function": {"name": "f", "arguments": "{}"}}]}])
    };
    let sent = |caller: &Value| turns(call(caller)).1[0]["content"][0].clone();
    let plain = json!({"type": "tool_use", "id": "c", "name": "f", "input": {}});
    assert_eq!(sent(&Value::Null), plain);
    assert_eq!(sent(&caller), joined(plain, json!({ "caller": caller })));
}
