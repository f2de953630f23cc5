//! How ids of calls are renamed.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A conversation of turns, each of so many calls by their ids, with all results in order.
fn conversation(turns: &[Vec<String>]) -> Vec<Message> {
    let mut messages = Vec::new();
    for ids in turns {
        let calls: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        messages.push(json!({"role": "assistant", "tool_calls": calls}));
        let result = |id: &String| json!({"role": "tool", "tool_call_id": id, "content": "1"});
        messages.extend(ids.iter().map(result));
    }
    serde_json::from_value(json!(messages)).unwrap()
}

/// The ids of calls and of results as they go out, by turn.
fn named(ids: CallIdRule, turns: &[Vec<String>]) -> Vec<(Vec<String>, Vec<String>)> {
    let messages = conversation(turns);
    let names = RenamedCallIds::of(ids, &messages);
    let mut position = 0;
    let mut named = Vec::new();
    for turn in turns {
        let calls = turn
            .iter()
            .enumerate()
            .map(|(index, old)| names.call(position, index).unwrap_or(old).to_owned());
        let results = turn
            .iter()
            .enumerate()
            .map(|(index, old)| names.result(position + 1 + index).unwrap_or(old).to_owned());
        named.push((calls.collect(), results.collect()));
        position += 1 + turn.len();
    }
    named
}

#[test]
fn the_rule_of_a_models_vendor_holds_on_other_servers() {
    for (model, expected) in [
        ("mistralai/Mistral-Small-3.2", CallIdRule::MISTRAL),
        ("mixtral-8x7b", CallIdRule::MISTRAL),
        ("codestral-2508", CallIdRule::MISTRAL),
        ("ministral-8b", CallIdRule::MISTRAL),
        ("anthropic/claude-sonnet-4", CallIdRule::Word),
        ("openai/gpt-5", CallIdRule::UpTo(40)),
        ("google/gemini-3-pro", CallIdRule::Any),
        ("gpt-5", CallIdRule::Any),
    ] {
        assert_eq!(CallIdRule::Any.of_model(model), expected, "{model}");
    }
    assert_eq!(CallIdRule::UpTo(40).of_model("gpt-5"), CallIdRule::UpTo(40));
}

#[test]
fn an_id_of_a_call_or_of_a_result_brings_the_rule_of_the_model() {
    let of = |message: Value| {
        let messages: Vec<Message> = serde_json::from_value(json!([message])).unwrap();
        let names = RenamedCallIds::of_model(CallIdRule::Any, "mistral-small", &messages);
        (names.call(0, 0).is_some(), names.result(0).is_some())
    };
    let call = json!({"role": "assistant", "tool_calls": [{"id": "call_too_long"}]});
    assert_eq!(of(call), (true, false));
    let result = json!({"role": "tool", "tool_call_id": "call_too_long", "content": "1"});
    assert_eq!(of(result), (false, true));
    assert_eq!(of(json!({"role": "user", "content": "hi"})), (false, false));
}

#[test]
fn a_made_name_never_takes_one_that_is_there() {
    // The name that would be made of the first is the second's own.
    for (ids, first) in [
        (CallIdRule::Word, "a.b"),
        (CallIdRule::MISTRAL, "call_of_another_provider"),
    ] {
        let taken = ids.made(first, 0);
        for turn in [[taken.clone(), first.to_owned()], [first.to_owned(), taken]] {
            let named = named(ids, &[turn.to_vec()]);
            let (calls, results) = &named[0];
            assert_ne!(calls[0], calls[1], "{turn:?}");
            assert_eq!(calls, results);
        }
    }
}

#[test]
fn a_result_without_its_call_still_has_letters_that_fit() {
    let alone = json!([{"role": "tool", "tool_call_id": "a.b", "content": "1"}]);
    let messages: Vec<Message> = serde_json::from_value(alone).unwrap();
    assert_eq!(
        RenamedCallIds::of(CallIdRule::Word, &messages).result(0),
        Some("a_b")
    );
    assert_eq!(
        RenamedCallIds::of(CallIdRule::UpTo(3), &messages).result(0),
        None
    );
}

fn turns() -> impl Strategy<Value = Vec<Vec<String>>> {
    let id = prop_oneof![
        "[ab.:_]{0,3}",
        "[a-z0-9]{9}",
        "call_[a-z]{40,60}",
        Just(String::new()),
    ];
    prop::collection::vec(prop::collection::vec(id, 1..4), 1..4)
}

proptest! {
    #[test]
    fn names_fit_and_are_apart_and_results_follow(turns in turns()) {
        let all_rules = [CallIdRule::Word, CallIdRule::MISTRAL, CallIdRule::UpTo(40),
            CallIdRule::BEDROCK];
        for ids in all_rules {
            let named = named(ids, &turns);
            let mut all = HashSet::new();
            for ((calls, results), old) in named.iter().zip(&turns) {
                prop_assert_eq!(calls, results);
                for (name, old) in calls.iter().zip(old) {
                    prop_assert!(ids.fits(name), "{}", name);
                    let is_new = all.insert((name.clone(), old.clone()));
                    let may_stay = !ids.are_unique() && name == old;
                    prop_assert!(is_new || may_stay, "{}", name);
                }
            }
            let names: HashSet<&String> = all.iter().map(|(name, _)| name).collect();
            let olds: HashSet<&String> = all.iter().map(|(_, old)| old).collect();
            prop_assert!(names.len() >= olds.len(), "two ids became one");
            // What comes later changes no name.
            let before = self::named(ids, turns.split_last().unwrap().1);
            prop_assert_eq!(&before[..], &named[..before.len()]);
        }
    }
}
