//! The body of an answer: frames, or a document that comes whole. Owns what becomes of the bytes
//! before it is known which. Called by `answer`.

use crate::bounded;
use crate::error::LlmError;
use crate::framing::sniff::{Form, Sniffer};
use crate::framing::{Each, Framer};
use crate::options::ClientOptions;

#[derive(Debug)]
pub(super) enum Body {
    Undecided {
        sniffer: Option<Sniffer>,
        event_bytes_max: usize,
        bytes_max: usize,
    },
    Frames(Framer),
    Whole {
        bytes: Vec<u8>,
        bytes_max: usize,
    },
}

impl Body {
    pub(super) fn new(sniffer: Sniffer, options: &ClientOptions) -> Self {
        Self::Undecided {
            sniffer: Some(sniffer),
            event_bytes_max: options.event_bytes_max,
            bytes_max: options.body_bytes_max,
        }
    }

    /// Takes the next bytes; whether they showed a live connection.
    pub(super) fn feed(&mut self, piece: &[u8], each: Each<'_>) -> (Result<(), LlmError>, bool) {
        match self {
            Self::Frames(framer) => {
                let signs = framer.signs_of_life();
                let fed = framer.feed(piece, each);
                (fed, framer.signs_of_life() > signs)
            }
            Self::Whole { bytes, bytes_max } => (bounded::extend(bytes, piece, *bytes_max), false),
            Self::Undecided { sniffer, .. } => {
                let form = sniffer.as_mut().and_then(|sniffer| {
                    sniffer.push(piece);
                    sniffer.form()
                });
                form.map_or((Ok(()), false), |form| self.decide(form, each))
            }
        }
    }

    /// Nothing follows: what was held is what there is.
    pub(super) fn settle(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        match self {
            Self::Undecided { sniffer, .. } => {
                let told = |sniffer: &Sniffer| sniffer.form().unwrap_or(sniffer.form_at_end());
                let form = sniffer.as_ref().map_or(Form::Whole, told);
                self.decide(form, each).0
            }
            Self::Frames(_) | Self::Whole { .. } => Ok(()),
        }
    }

    fn decide(&mut self, form: Form, each: Each<'_>) -> (Result<(), LlmError>, bool) {
        let Self::Undecided {
            sniffer,
            event_bytes_max,
            bytes_max,
        } = self
        else {
            return (Ok(()), false);
        };
        let held = sniffer.take().map(Sniffer::into_bytes);
        *self = match form {
            Form::Frames(framing) => Self::Frames(Framer::new(framing, *event_bytes_max)),
            Form::Whole => Self::Whole {
                bytes: Vec::new(),
                bytes_max: *bytes_max,
            },
        };
        self.feed(&held.unwrap_or_default(), each)
    }
}
