//! Any bytes are an error, or exactly the vectors that were asked for.

use proptest::prelude::*;

use super::*;

/// Documents near to those that servers send.
fn document() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<f32>().prop_map(|number| format!("{number:e}")),
        "-?[0-9]{1,3}(\\.[0-9]{1,9})?",
        Just("null".to_owned()),
        Just("1e999".to_owned()),
    ];
    let vector = prop_oneof![
        6 => prop::collection::vec(number, 0..4).prop_map(|list| format!("[{}]", list.join(","))),
        1 => "[A-Za-z0-9+/]{0,12}={0,2}".prop_map(|text| format!("\"{text}\"")),
        1 => Just("null".to_owned()),
    ];
    let index = prop_oneof![
        Just(String::new()),
        "\"index\":-?[0-9],",
        Just("\"index\":null,".into())
    ];
    let item = (index, vector.clone(), 0..4).prop_map(|(index, vector, shape)| match shape {
        0 => vector,
        1 => format!("{{{index}\"embedding\":{vector}}}"),
        2 => format!("{{\"values\":{vector}}}"),
        _ => format!("{{\"embeddings\":{{\"values\":{vector}}}}}"),
    });
    let items = prop::collection::vec(item, 0..5).prop_map(|list| format!("[{}]", list.join(",")));
    (items, vector, 0..6).prop_map(|(items, vector, shape)| match shape {
        0 => items,
        1 => format!("{{\"data\":{items},\"usage\":{{\"total_tokens\":1}}}}"),
        2 => format!("{{\"embeddings\":{{\"float\":{items}}}}}"),
        3 => format!("{{\"predictions\":{items}}}"),
        4 => format!("{{\"embedding\":{vector}}}"),
        _ => format!("{{\"embeddings\":{items},\"texts\":[\"a\"]}}"),
    })
}

fn check(bytes: &[u8], inputs: usize, dimensions: Option<u64>) {
    let request = EmbedRequest {
        dimensions,
        ..EmbedRequest::new("m", ["text"])
    };
    let headers = HeaderMap::new();
    for name in [
        "openai",
        "cohere",
        "gemini",
        "vertex",
        "bedrock",
        "tei",
        "perplexity",
    ] {
        match embeddings(name).decode(&request, inputs, response(bytes, &headers)) {
            Err(error) => assert!(!error.message.is_empty()),
            Ok(got) => {
                assert_eq!(got.values.len(), inputs * got.dimensions);
                assert!(got.values.iter().all(|number| number.is_finite()));
                assert!(inputs == 0 || got.dimensions > 0);
            }
        }
    }
}

proptest! {
    #[test]
    fn documents_are_vectors_or_errors(text in document(), inputs in 0_usize..4,
        dimensions in prop::option::of(1_u64..4)) {
        check(text.as_bytes(), inputs, dimensions);
    }

    #[test]
    fn cut_documents_are_errors(text in document(), at in 0_usize..60) {
        // A document that is cut is no document: the vectors of a whole one are not half of them.
        let cut = text.get(..at.min(text.len().saturating_sub(1))).unwrap();
        let request = EmbedRequest::new("m", ["text"]);
        let headers = HeaderMap::new();
        let whole = response(cut.as_bytes(), &headers);
        prop_assert!(embeddings("openai").decode(&request, 1, whole).is_err());
    }

    #[test]
    fn any_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes, 1, None);
        let headers = HeaderMap::new();
        let whole = response(&bytes, &headers);
        let _ = rerank_of("voyage").decode(&rerank_request(json!({})), whole);
        let _ = models_of("openai").decode(whole);
        let _ = counting("tei").unwrap().decode(whole);
    }

    #[test]
    fn vectors_are_those_of_a_plain_reading(
        vectors in prop::collection::vec(prop::collection::vec(-2.0_f64..2.0, 3), 1..5),
        seed in any::<u64>(),
    ) {
        let mut order: Vec<usize> = (0..vectors.len()).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut order);
        let data = order.iter().map(|index| {
            json!({"embedding": vectors[*index], "index": index})
        });
        let body = json!({"data": data.collect::<Vec<_>>()}).to_string();
        let request = EmbedRequest::new("m", ["text"]);
        let headers = HeaderMap::new();
        let whole = response(body.as_bytes(), &headers);
        let got = embeddings("openai").decode(&request, vectors.len(), whole).unwrap();
        let plain: Vec<f32> = vectors.concat().into_iter().map(|it| it as f32).collect();
        prop_assert_eq!(got.values, plain);
    }
}
