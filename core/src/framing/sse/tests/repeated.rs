//! Events that a decoder knows by their bytes are the same events.

use super::*;
use crate::framing::{FrameEnd, FrameSink};

/// Knows frames whose data is `known`, unless they are called `b`.
#[derive(Default)]
struct Knowing {
    events: Events,
}

impl FrameSink for Knowing {
    fn repeated(&mut self, name: &[u8], bytes: &[u8], end: FrameEnd) -> Option<usize> {
        let rest = bytes.strip_prefix(b"known").filter(|_| name != b"b")?;
        let length = bytes.len() - rest.len() + end(rest)?;
        let name = String::from_utf8(name.to_vec()).unwrap();
        self.events.push((name, "known".to_owned()));
        Some(length)
    }

    fn frame(&mut self, frame: Frame<'_>) -> Result<(), LlmError> {
        let event = trimmed(&frame);
        assert!(event.0 == "b" || event.1 != "known", "it is known");
        self.events.push(event);
        Ok(())
    }
}

/// What decoders see of an event.
fn trimmed(frame: &Frame<'_>) -> (String, String) {
    (frame.name.to_owned(), frame.data.trim().to_owned())
}

proptest! {
    #[test]
    fn events_that_are_repeated_are_the_same_events(
        parts in prop::collection::vec(prop::sample::select(vec![
            "data: known\n\n", "data:known\r\n\r\n", "data: known\n", "data: known \n",
            "data: known", "data: other\n", "event: a\n", "event: b\n", ": x\n", "\n", "\r\n",
            "\r", "{\n",
        ]), 1..40),
        max in prop::sample::select(vec![5_usize, 11, 12, 1000]),
        size in 1..60_usize,
    ) {
        let stream = parts.concat();
        let (mut framer, mut plain) = (SseFramer::new(max), SseFramer::new(max));
        let (mut knowing, mut events) = (Knowing::default(), Vec::new());
        for piece in stream.as_bytes().chunks(size) {
            let fed = framer.feed(piece, &mut knowing);
            let due = plain.feed(piece, &mut |frame: Frame<'_>| {
                events.push(trimmed(&frame));
                Ok(())
            });
            prop_assert_eq!(fed.map_err(|error| error.kind), due.map_err(|error| error.kind));
            prop_assert_eq!(&knowing.events, &events);
            prop_assert_eq!(framer.activity(), plain.activity());
            prop_assert_eq!(framer.is_inside_event(), plain.is_inside_event());
        }
    }
}
