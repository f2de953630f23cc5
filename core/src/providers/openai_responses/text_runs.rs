//! Which texts of a response came already. Owns what a text is known by: its kind and its place in
//! the output, and never the id of its item, which some servers change from event to event.

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Text,
    Refusal,
    /// A part of a summary of the model's reasoning.
    Summary,
    /// The reasoning itself.
    Reasoning,
}

/// One text of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextRun {
    pub(super) kind: TextKind,
    /// The place of its item.
    pub(super) output: Option<u64>,
    /// Its own place in the item.
    pub(super) part: Option<u64>,
}

/// The texts that came.
#[derive(Debug, Default)]
pub(super) struct TextRuns {
    /// Nearly every event continues it.
    last: Option<TextRun>,
    all: Vec<TextRun>,
}

impl TextRuns {
    /// Whether this is the first piece of a text.
    #[inline]
    pub(super) fn begins(&mut self, run: TextRun) -> bool {
        if self.last == Some(run) {
            return false;
        }
        self.last = Some(run);
        let is_new = !self.all.contains(&run);
        if is_new {
            self.all.push(run);
        }
        is_new
    }

    /// Whether some of a text came.
    pub(super) fn has(&self, run: TextRun) -> bool {
        self.all.contains(&run)
    }

    /// Whether any text of a kind came of an item.
    pub(super) fn has_any(&self, kind: TextKind, output: Option<u64>) -> bool {
        let mut runs = self.all.iter();
        runs.any(|run| run.kind == kind && run.output == output)
    }
}
