//! Text of a batch in the pieces in which it came.

/// Pieces of text that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Pieces<'a> {
    text: &'a str,
    /// Where the text begins in that of the batch, and where its pieces end.
    start: usize,
    ends: &'a [usize],
}

impl<'a> Pieces<'a> {
    pub(super) fn new(text: &'a str, start: usize, ends: &'a [usize]) -> Self {
        Self { text, start, ends }
    }

    /// All of them.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Where each of them ends in the text.
    pub fn ends(&self) -> impl ExactSizeIterator<Item = usize> + use<'a> {
        let start = self.start;
        self.ends.iter().map(move |end| end - start)
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (text, mut begin) = (self.text, 0);
        self.ends().map(move |end| {
            let range = std::mem::replace(&mut begin, end)..end;
            text.get(range).unwrap_or_default()
        })
    }
}
