//! Parts of messages as blocks.

use super::*;

fn request(parts: Value) -> Value {
    conversation(json!([{"role": "user", "content": parts}]))
}

fn blocks(parts: Value) -> Value {
    body(&encode(&request(parts), &target()).unwrap())["messages"][0]["content"].clone()
}

fn error(parts: Value) -> String {
    ANTHROPIC.refused(&request(parts), &target())
}

fn image(url: Value) -> Value {
    json!([{"type": "image_url", "image_url": url}])
}

#[test]
fn images_have_a_source() {
    let url = json!({"type": "image", "source": {"type": "url", "url": "https://x/y.png"}});
    check! { blocks(image(json!({"url": "https://x/y.png", "detail": "auto"}))) => [url]; }
    assert_eq!(blocks(image(json!("https://x/y.png"))), json!([url]));
    let source = json!({"type": "base64", "media_type": "image/png", "data": "AA=="});
    let data = json!([{"type": "image", "source": source, "cache_control": {"type": "ephemeral"}}]);
    let part = json!([{"type": "image_url", "cache_control": {"type": "ephemeral"},
        "image_url": {"url": "data:image/png;x=y;base64,AA=="}}]);
    assert_eq!(blocks(part), data);
}

#[test]
fn urls_that_hold_no_image_are_refused() {
    let place = "messages[0].content[0].image_url.url";
    for url in list! {
        "data:;base64,AA==", "data:image/png,AA", "data:image/png;base64", "data:",
    } {
        let message = error(image(json!({"url": url})));
        check! { message => (format!("{place} must read data:MEDIA/TYPE;base64,DATA")), url; }
    }
    assert_eq!(error(image(json!({}))), format!("{place} is missing"));
    let detail = image(json!({"url": "https://x", "detail": "low"}));
    let message = error(detail.clone());
    check! { message.contains("messages[0].content[0].image_url.detail cannot") => true, message; }
    let sent = encode(&request(detail), &lenient()).unwrap();
    assert_eq!(sent.warnings.len(), 1);
    let url = json!({"type": "image", "source": {"type": "url", "url": "https://x"}});
    assert_eq!(body(&sent)["messages"][0]["content"], json!([url]));
}

#[test]
fn files_are_documents() {
    let file = |file: Value| json!([{"type": "file", "file": file}]);
    let pdf = json!({"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"});
    let source = json!({"type": "base64", "media_type": "application/pdf", "data": "AA=="});
    let expected = json!([{"type": "document", "source": source, "title": "a.pdf"}]);
    assert_eq!(blocks(file(pdf.clone())), expected);

    let mut part = file(pdf);
    part[0]["title"] = json!("own");
    part[0]["citations"] = json!({"enabled": true});
    let expected = json!([{"type": "document", "source": source, "title": "own",
        "citations": {"enabled": true}}]);
    assert_eq!(blocks(part), expected);

    let source = json!({"type": "file", "file_id": "file_1"});
    let expected = json!([{"type": "document", "source": source}]);
    assert_eq!(blocks(file(json!({"file_id": "file_1"}))), expected);

    let source = json!({"type": "text", "media_type": "text/plain", "data": "h\u{e9}"});
    let expected = json!([{"type": "document", "source": source}]);
    let plain = json!({"file_data": "data:text/plain;charset=utf-8;base64,aMOp"});
    assert_eq!(blocks(file(plain)), expected);

    let source = json!({"type": "base64", "media_type": "image/png", "data": "AA=="});
    let picture = json!({"file_data": "data:image/png;base64,AA==", "filename": "a.png"});
    check! { blocks(file(picture)) => [{"type": "image", "source": source}]; }

    for bad in [json!({}), json!({"file_data": "AA=="})] {
        assert!(error(file(bad)).contains("messages[0].content[0].file has neither"));
    }
    let latin = file(json!({"file_data": "data:text/plain;base64,6Q=="}));
    assert!(error(latin).contains("content[0].file.file_data is not base64 of UTF-8 text"));
}

#[test]
fn what_anthropic_has_goes_out_as_it_is() {
    let blocks_sent = json!([
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}, "citations": null},
        {"type": "image", "source": {"type": "file", "file_id": "f"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"},
            "title": "t", "citations": {"enabled": true}},
        {"type": "thinking", "thinking": "", "signature": "Eq+/=="},
        {"type": "redacted_thinking", "data": "EmwK"},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]},
        {"type": "search_result", "source": "s", "title": "t", "content": []},
        {"type": "container_upload", "file_id": "f"},
        {"type": "novelty", "x": {"y": [1, 2.5, null]}},
    ]);
    assert_eq!(blocks(blocks_sent.clone()), blocks_sent);
    let result = json!({"type": "tool_result", "tool_use_id": "t", "content": "x"});
    let text = json!({"type": "text", "text": "a"});
    assert_eq!(blocks(json!([text, result])), json!([result, text]));
}

#[test]
fn what_anthropic_cannot_hear_is_refused() {
    for (kind, fields) in list! {
        ("input_audio", json!({"data": "AA=="})),
        ("refusal", json!("no")),
    } {
        let parts = json!([{"type": "text", "text": "a"}, {"type": kind, kind: fields}]);
        let message = error(parts.clone());
        check! { message.contains("messages[0].content[1] cannot be sent") => true, message; }
        let sent = encode(&request(parts), &lenient()).unwrap();
        let expected = json!([{"type": "text", "text": "a"}]);
        assert_eq!(body(&sent)["messages"][0]["content"], expected);
    }
}
