//! Messages and their parts.

use super::*;

fn user(blocks: Value) -> Value {
    json!({"role": "user", "content": blocks})
}

fn assistant(blocks: Value) -> Value {
    json!({"role": "assistant", "content": blocks})
}

#[test]
fn turns_alternate_and_system_messages_stand_apart() {
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "user", "content": [{"type": "text", "text": "two"},
            {"type": "text", "text": " "}]},
        {"role": "assistant", "content": "three "},
        {"role": "developer", "content": [{"type": "text", "text": "And kind."}]},
        {"role": "user", "content": ""},
        {"role": "user", "content": "four"},
        {"role": "assistant", "content": "five \n"},
    ]);
    let request = json!({"model": NOVA, "messages": messages});
    let encoded = encode(&request, &target()).unwrap();
    let moved = "messages[4] was moved to the top: Converse has one system prompt";
    assert_eq!(encoded.warnings, [moved]);
    let expected = json!({
        "system": [{"text": "Be brief."}, {"text": "And kind."}],
        "messages": [
            user(json!([{"text": "one"}, {"text": "two"}])),
            assistant(json!([{"text": "three "}])),
            user(json!([{"text": "four"}])),
            assistant(json!([{"text": "five"}])),
        ],
    });
    assert_eq!(body(&encoded), expected);
    let empty = json!({"model": NOVA, "messages": [{"role": "user", "content": " "}]});
    assert!(BEDROCK
        .refused(&empty, &target())
        .starts_with("messages are empty"));
    let both = json!({"model": NOVA, "messages": messages, "system": [{"text": "x"}]});
    assert!(BEDROCK
        .refused(&both, &target())
        .starts_with("system is in messages and beside"));
}

#[test]
fn a_conversation_begins_with_the_user_where_it_has_to() {
    let messages =
        json!([{"role": "assistant", "content": "hi"}, {"role": "user", "content": "x"}]);
    let rest = [
        assistant(json!([{"text": "hi"}])),
        user(json!([{"text": "x"}])),
    ];
    assert_eq!(turns_of(CLAUDE, messages.clone()), json!(rest));
    assert_eq!(
        turns_of("qwen.qwen3-32b-v1:0", messages.clone()),
        json!(rest)
    );
    let encoded = encode(&json!({"model": NOVA, "messages": messages}), &target()).unwrap();
    assert_eq!(encoded.warnings.len(), 1);
    let first = user(json!([{"text": "."}]));
    assert_eq!(body(&encoded)["messages"], json!([first, rest[0], rest[1]]));
}

fn part(part: Value) -> Value {
    turns_of(NOVA, json!([{"role": "user", "content": [part]}]))[0]["content"].take()
}

#[test]
fn media_become_blocks_of_their_format() {
    let png = "iVBORw0KGgoAAAA";
    let data = |kind: &str, data: &str| format!("data:{kind};base64,{data}");
    let file = |name: Value, data: String| {
        let file = json!({"filename": name, "file_data": data});
        json!({"type": "file", "file": file})
    };
    let bytes = |data: &str| json!({ "bytes": data });
    check! {
        part(json!({"type": "image_url", "image_url": {"url": data("image/jpeg", png)}})) =>
            [{"image": {"format": "png", "source": bytes(png)}}], "by its bytes";
        part(json!({"type": "image_url", "image_url": data("image/jpg", "AA A\nA")})) =>
            [{"image": {"format": "jpeg", "source": bytes("AAAA")}}];
        part(json!({"type": "image_url", "image_url": {"url": "s3://b/x.webp"}})) =>
            [{"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://b/x.webp"}}}}];
        part(json!({"type": "image", "source": {"type": "base64", "media_type": "image/gif",
            "data": "AAAA"}})) => [{"image": {"format": "gif", "source": bytes("AAAA")}}];
        part(json!({"type": "video_url", "video_url": {"url": data("video/mp4", "AAAA")}})) =>
            [{"video": {"format": "mp4", "source": bytes("AAAA")}}];
        part(json!({"type": "input_audio", "input_audio": {"format": "wav", "data": "AAAA"}})) =>
            [{"audio": {"format": "wav", "source": bytes("AAAA")}}];
        part(file(json!("my_report (v1).final.pdf"), data("application/pdf", "AAAA"))) =>
            [{"document": {"format": "pdf", "name": "my report (v1) final",
                "source": bytes("AAAA")}}];
        part(file(json!("a.xlsx"), data("application/octet-stream", "AAAA"))) =>
            [{"document": {"format": "xlsx", "name": "a", "source": bytes("AAAA")}}];
        part(file(json!(null), data("text/plain;charset=utf-8", "AAAA"))) =>
            [{"document": {"format": "txt", "name": "document", "source": bytes("AAAA")}}];
        part(json!({"type": "document", "source": {"type": "text", "data": "words"},
            "title": "T", "citations": {"enabled": true}})) =>
            [{"document": {"format": "txt", "name": "T", "source": {"text": "words"},
                "citations": {"enabled": true}}}];
        part(json!({"type": "image", "image": {"format": "png", "source": {"bytes": "x"}}})) =>
            [{"image": {"format": "png", "source": {"bytes": "x"}}}];
        part(json!({"type": "guardContent", "guardContent": {"text": {"text": "x"}}})) =>
            [{"guardContent": {"text": {"text": "x"}}}];
    }
}

#[test]
fn documents_have_names_of_their_own() {
    let file = |name: &str| {
        let data = "data:text/csv;base64,AAAA";
        json!({"type": "file", "file": {"filename": name, "file_data": data}})
    };
    let long = "x".repeat(300);
    let parts = json!([
        file("a.csv"),
        file("a.csv"),
        file(&long),
        file(&long),
        file("\u{e9}")
    ]);
    let blocks = turns_of(NOVA, json!([{"role": "user", "content": parts}]))[0]["content"].take();
    let blocks = blocks.as_array().unwrap();
    let names = blocks
        .iter()
        .map(|block| block["document"]["name"].as_str().unwrap());
    let names: Vec<_> = names.collect();
    let expected = [
        "a",
        "a 2",
        &"x".repeat(200),
        &format!("{} 2", "x".repeat(198)),
        "document",
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_cannot_be_loaded_or_is_of_no_type_is_named() {
    let refused = |part: Value| {
        let text = json!({"type": "text", "text": "look"});
        conversation(json!([{"role": "user", "content": [text, part]}]))
    };
    for (part, field) in [
        (
            json!({"type": "image_url", "image_url": {"url": "https://x/y.png"}}),
            "messages[0].content[1].image_url.url",
        ),
        (
            json!({"type": "file", "file": {"file_id": "file-1"}}),
            "messages[0].content[1].file.file_data",
        ),
        (json!({"type": "novelty"}), "messages[0].content[1]"),
        (
            json!({"type": "refusal", "refusal": "no"}),
            "messages[0].content[1]",
        ),
    ] {
        let (named, body) = BEDROCK.refused_field(&refused(part), &target());
        assert_eq!(named, field);
        assert_eq!(body["messages"], json!([user(json!([{"text": "look"}]))]));
    }
    for (part, message) in [
        (
            json!({"type": "image_url", "image_url": {}}),
            "image_url.url is missing",
        ),
        (
            json!({"type": "image_url", "image_url": "data:image/png,x"}),
            "image_url.url must read data:MEDIA/TYPE;base64,DATA",
        ),
        (
            json!({"type": "file", "file": {"file_data": "data:x/y;base64,AA"}}),
            "file.file_data is of no type that Bedrock takes, or its type is not named",
        ),
        (
            json!({"type": "input_audio", "input_audio": {"data": "AA"}}),
            "input_audio.format is missing",
        ),
    ] {
        let shown = BEDROCK.refused(&refused(part), &target());
        assert_eq!(shown, format!("messages[0].content[1].{message}"));
    }
}

#[test]
fn marks_of_a_cache_become_points() {
    let mark = json!({"type": "ephemeral"});
    let hour = json!({"type": "ephemeral", "ttl": "1h"});
    let messages = json!([
        {"role": "system", "content": "s", "cache_control": mark},
        {"role": "user", "content": [
            {"type": "text", "text": "a", "cache_control": hour},
            {"type": "text", "text": "b"},
            {"type": "cachePoint", "cachePoint": {"type": "default"}},
        ]},
    ]);
    let body = body_of(CLAUDE, json!({ "messages": messages }));
    let point = json!({"cachePoint": {"type": "default"}});
    let expected = json!({
        "system": [{"text": "s"}, point],
        "messages": [user(json!([{"text": "a"},
            {"cachePoint": {"type": "default", "ttl": "1h"}}, {"text": "b"}, point]))],
    });
    assert_eq!(body, expected);
}

#[test]
fn reasoning_goes_back_signed_and_other_wires_parts_stay_behind() {
    let own = json!({"reasoningText": {"text": " t ", "signature": "s"}});
    let message = json!({"role": "assistant", "reasoning_content": "x", "content": [
        {"type": "reasoningContent", "reasoningContent": own},
        {"type": "thinking", "thinking": "deep", "signature": "sig"},
        {"type": "redacted_thinking", "data": "YWI="},
        {"type": "thinking", "thinking": "unsigned"},
        {"type": "web_search_tool_result", "content": []},
        {"type": "text", "text": "yes"},
    ]});
    let hi = json!({"role": "user", "content": "hi"});
    let request = json!({"model": CLAUDE, "messages": [hi, message, hi]});
    let encoded = encode(&request, &target()).unwrap();
    assert_eq!(encoded.warnings.len(), 3, "{:?}", encoded.warnings);
    let expected = assistant(json!([
        {"reasoningContent": own},
        {"reasoningContent": {"reasoningText": {"text": "deep", "signature": "sig"}}},
        {"reasoningContent": {"redactedContent": "YWI="}},
        {"text": "yes"},
    ]));
    assert_eq!(body(&encoded)["messages"][1], expected);
}

#[test]
fn a_recorded_response_goes_back_as_it_came() {
    let mut exchanges = super::recordings::exchanges();
    exchanges.retain(|one| one.expected["outcome"] == "ok");
    for exchange in exchanges {
        let (_, message) = exchange.reply(BEDROCK);
        let hi = json!({"role": "user", "content": "hi"});
        let request = json!({"model": CLAUDE, "messages": [hi, message, hi]});
        let encoded = encode(&request, &target()).unwrap();
        assert_eq!(encoded.warnings, Vec::<String>::new(), "{}", exchange.name);
        let blocks = body(&encoded)["messages"][1]["content"].take();
        let blocks = blocks.as_array().unwrap();
        let text: String = blocks
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect();
        assert_eq!(json!(text), exchange.expected["text"], "{}", exchange.name);
        let is_call = |block: &&Value| {
            !block["toolUse"].is_null() && block["toolUse"]["type"] != "server_tool_use"
        };
        let calls = exchange.expected["tool_calls"].as_array().unwrap();
        assert_eq!(
            blocks.iter().filter(is_call).count(),
            calls.len(),
            "{}",
            exchange.name
        );
    }
}
