//! JSON that stands in a stream without a field's name.

use super::*;

#[test]
fn json_without_a_field_is_an_event() {
    let error = r#"{"error":{"message":"a } \" {"}}"#;
    let pretty = "{\n  \"error\": {\n    \"code\": 400\n  }\n}";
    let list = "[{\n  \"error\": {\n  }\n}\n]";
    for (stream, expected) in [
        (
            format!("{list}\n[DONE]\n"),
            vec![("", list), ("", "[DONE]")],
        ),
        (error.to_owned(), vec![("", error)]),
        (format!("{error}\n"), vec![("", error)]),
        (
            format!("{error}\n{error}\r\n\n"),
            vec![("", error), ("", error)],
        ),
        (
            format!("data: x\n\n{error}\n\n"),
            vec![("", "x"), ("", error)],
        ),
        (format!("event: error\n{error}\n\n"), vec![("error", error)]),
        (pretty.to_owned(), vec![("", pretty)]),
        (
            format!("{pretty}\ndata: x\n\n"),
            vec![("", pretty), ("", "x")],
        ),
        ("data: x\n{}\n\n".to_owned(), vec![("", "x")]),
        (
            "{\"a\":\n\ndata: x\n\n".to_owned(),
            vec![("", "{\"a\":"), ("", "x")],
        ),
    ] {
        for size in [1, 2, 7, 1000] {
            let mut frames = Vec::new();
            let mut framer = SseFramer::new(1000);
            let mut each = |frame: Frame<'_>| {
                frames.push((frame.name.to_owned(), frame.data.to_owned()));
                Ok(())
            };
            for piece in stream.as_bytes().chunks(size) {
                framer.feed(piece, &mut each).unwrap();
            }
            framer.end(&mut each).unwrap();
            let frames: Vec<_> = frames
                .iter()
                .map(|(name, data)| (&**name, &**data))
                .collect();
            assert_eq!(frames, expected, "{stream} {size}");
        }
    }
}

#[test]
fn its_lines_meet_the_limit_with_what_joins_them() {
    let lines = "{\n\"a\":\n1}\n";
    let data = lines.trim_end().len();
    for (limit, expected) in [(data, None), (data - 1, Some(ErrorKind::TooLarge))] {
        for size in [1, 3, 100] {
            let pieces = lines.as_bytes().chunks(size);
            assert_eq!(frames(limit, pieces).1, expected);
        }
    }
}
