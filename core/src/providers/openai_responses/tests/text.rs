//! Text, refusals, reasoning, sources and what else stands beside calls.

use super::*;

#[test]
fn text_comes_in_pieces_and_is_never_repeated() {
    let whole = json!({"text": "Hello", "content_index": 0});
    let frames = list! {
        added(0, json!({"type": "message", "content": []})),
        text_delta("Hel"),
        text_delta("lo"),
        of_item("output_text.done", 0, whole.clone()),
        of_item("content_part.done", 0, json!({"part": {"type": "output_text", "text": "Hello"}})),
        done(0, message("Hello")),
        ended("completed", json!({"output": [message("Hello")]})),
    };
    check! {
        events_of(&frames) => [["TEXT", "Hel"], ["TEXT", "lo"]];
        // Where one of the levels is all that came.
        events_of(&[of_item("output_text.done", 0, whole)]) => [["TEXT", "Hello"]];
        events_of(&[done(0, message("Hello"))]) => [["TEXT", "Hello"]];
    }
    let frames = [
        created(),
        ended("completed", json!({"output": [message("Hello")]})),
    ];
    check! { without_block(OPENAI.stream(&frames).good()) => [["TEXT", "Hello"]] }
}

/// Ids change from event to event on some servers, and the first text of a message may have any
/// place in it.
#[test]
fn a_text_is_known_by_its_place_and_not_by_an_id() {
    let at = |part: u64, id: &str, field: &str, text: &str| {
        let place = json!({"content_index": part, "item_id": id});
        joined(place, json!({ field: text }))
    };
    let frames = list! {
        of_item("output_text.delta", 1, at(1, "a", "delta", "one")),
        of_item("output_text.done", 1, at(1, "b", "text", "one")),
        done(1, message("one")),
        of_item("output_text.delta", 2, at(0, "c", "delta", "two")),
        of_item("output_text.done", 3, at(0, "c", "text", "three")),
    };
    check! { events_of(&frames) => [["TEXT", "one"], ["TEXT", "two"], ["TEXT", "three"]] }
}

#[test]
fn events_without_names_numbers_and_order_count() {
    let frames = list! {
        created(),
        json!({"type": "response.output_text.delta", "delta": "a"}),
        json!({"type": "response.output_text.done", "text": "a"}),
        completed(),
        json!("[DONE]"),
    };
    let data: Vec<String> = frames
        .iter()
        .map(|frame| {
            frame
                .as_str()
                .map_or_else(|| frame.to_string(), str::to_owned)
        })
        .collect();
    let decoded = OPENAI.frames(data.iter().map(|data| ("", data.as_str())));
    assert_eq!(decoded.progress, Progress::Done);
    check! { decoded.good() => [["START", ["resp_1", "m-1"]], ["TEXT", "a"]] }
}

#[test]
fn each_part_of_a_summary_is_a_paragraph() {
    let piece = |part: u64, delta: &str| {
        let fields = json!({"summary_index": part, "delta": delta});
        of_item("reasoning_summary_text.delta", 0, fields)
    };
    let item = json!({"type": "reasoning", "summary": [
        {"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}]});
    let frames = [
        piece(0, "o"),
        piece(0, "ne"),
        piece(1, "two"),
        done(0, item.clone()),
    ];
    check! {
        events_of(&frames) => [["REASONING", "o"], ["REASONING", "ne"], ["REASONING", "\n\n"],
            ["REASONING", "two"]];
        events_of(&[done(0, item.clone())]) => [["REASONING", "one"], ["REASONING", "\n\n"],
            ["REASONING", "two"]];
        without_block(whole(json!([item])).good()) => [["REASONING", "one"],
            ["REASONING", "\n\n"], ["REASONING", "two"]];
    }
}

/// OpenRouter ends its first item behind the second.
#[test]
fn reasoning_may_end_behind_the_text() {
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [],
        "content": [{"type": "reasoning_text", "text": "so"}]});
    let frames = list! {
        added(0, json!({"type": "reasoning", "summary": []})),
        delta("reasoning_text.delta", 0, "so"),
        added(1, json!({"type": "message", "content": []})),
        delta("output_text.delta", 1, "4"),
        done(1, message("4")),
        of_item("reasoning_text.done", 0, json!({"text": "so", "content_index": 0})),
        done(0, item.clone()),
    };
    let events = streamed_whole(&frames).good();
    let block = json!({"type": "response_items", "provider": "openai",
        "items": [item, message("4")]});
    check! {
        events => [["START", ["resp_1", "m-1"]], ["REASONING", "so"], ["TEXT", "4"],
            ["PART", {"type": "content", "content": block}]];
    }
}

#[test]
fn a_refusal_is_apart_from_text() {
    let item = json!({"type": "message", "content": [{"type": "refusal", "refusal": "I can't"}]});
    let part = |text: &str| json!(["PART", {"type": "refusal", "text": text}]);
    let frames = list! {
        delta("refusal.delta", 0, "I "),
        delta("refusal.delta", 0, "can't"),
        of_item("refusal.done", 0, json!({"refusal": "I can't", "content_index": 0})),
        done(0, item.clone()),
    };
    check! {
        events_of(&frames) => [(part("I ")), (part("can't"))];
        without_block(whole(json!([item])).good()) => [(part("I can't"))];
    }
}

#[test]
fn sources_come_once() {
    let source = json!({"type": "url_citation", "url": "https://e.org", "start_index": 0});
    let mut item = message("a");
    item["content"][0]["annotations"] = json!([source]);
    let part = json!(["PART", {"type": "citation", "citation_type": "url_citation",
        "url": "https://e.org", "start_index": 0}]);
    let event = of_item(
        "output_text.annotation.added",
        0,
        json!({"annotation": source}),
    );
    check! {
        events_of(&[text_delta("a"), event, done(0, item.clone())]) => [["TEXT", "a"], part];
        events_of(&[text_delta("a"), done(0, item.clone())]) => [["TEXT", "a"], part];
        without_block(whole(json!([item])).good()) => [["TEXT", "a"], part];
    }
}

#[test]
fn log_probabilities_are_parts() {
    let logprobs = json!([{"token": "a", "logprob": -0.5}]);
    let frame = of_item(
        "output_text.delta",
        0,
        json!({"delta": "a", "logprobs": logprobs}),
    );
    let mut item = message("a");
    item["content"][0]["logprobs"] = logprobs.clone();
    let part = json!(["PART", {"type": "logprobs", "content": logprobs}]);
    check! {
        events_of(&[frame, done(0, item.clone())]) => [["TEXT", "a"], part];
        without_block(whole(json!([item])).good()) => [["TEXT", "a"], part];
    }
}

/// What the provider's own tools did is told once, at its end; before that they show progress.
#[test]
fn the_providers_own_tools_are_parts() {
    let item = json!({"type": "web_search_call", "id": "ws_1", "status": "completed",
        "action": {"type": "search", "query": "q"}});
    let frames = list! {
        added(0, json!({"type": "web_search_call", "id": "ws_1", "status": "in_progress"})),
        of_item("web_search_call.in_progress", 0, json!({"item_id": "ws_1"})),
        of_item("web_search_call.searching", 0, json!({"item_id": "ws_1"})),
        of_item("web_search_call.completed", 0, json!({"item_id": "ws_1"})),
        done(0, item.clone()),
        done(0, item.clone()),
    };
    let part = json!(["PART", item]);
    let decoded = streamed_whole(&frames);
    assert_eq!(
        (decoded.unknown_events, &decoded.finish[0]),
        (0, &json!("stop"))
    );
    check! {
        without_block(decoded.good()) => [part];
        without_block(whole(json!([item])).good()) => [part];
    }
}

#[test]
fn events_that_show_progress_are_known_and_new_ones_are_counted() {
    let known = [
        "response.in_progress",
        "response.queued",
        "response.file_search_call.searching",
        "response.code_interpreter_call_code.delta",
        "response.mcp_call_arguments.done",
        "response.mcp_call.failed",
        "response.mcp_list_tools.failed",
        "response.audio.delta",
        "response.image_generation_call.partial_image",
        "response.reasoning_part.added",
        "response.content_part.added",
        "response.reasoning_summary_part.done",
        "response.shell_call_output_content.delta",
        "response.compaction.compacting",
        "ping",
        "keepalive",
    ];
    let frames: Vec<Value> = known.iter().map(|kind| json!({"type": kind})).collect();
    let decoded = streamed_whole(&frames);
    assert_eq!(
        (decoded.unknown_events, decoded.good()),
        (0, json!([["START", ["resp_1", "m-1"]]]))
    );
    let frames = [
        json!({"type": "response.new.delta", "delta": "a"}),
        json!({"x": 1}),
    ];
    assert_eq!(streamed_whole(&frames).unknown_events, 2);
}

#[test]
fn whole_responses_have_texts_in_order_and_odd_ones_count_as_empty() {
    let odd = json!([{"type": "message", "content": [{"type": "output_text", "text": null}]},
        "nonsense", null, {"type": "message", "content": null}, {"no": "type"},
        {"type": "message", "content": "bare"}]);
    let items = json!([message("a"), message("b")]);
    check! {
        without_block(whole(items).good()) => [["TEXT", "a"], ["TEXT", "b"]];
        without_block(whole(odd).good()) => [["TEXT", "bare"]];
    }
}
