//! Which of the choices of a chunk belongs to the response. Owns what their indices have been so
//! far.

use super::wire::Choice;

/// Accepts the choice with index 0; or where a server does not count from
/// 0, the only one of its chunk, whose number stays or grows.
#[derive(Debug, Default)]
pub(super) struct ChoiceFilter {
    /// The last index that was taken, or 0 for good.
    index: Option<u64>,
    /// Several responses differ by their index: only one of them is decoded.
    is_fixed: bool,
}

impl ChoiceFilter {
    #[inline]
    pub(super) fn accepts(&mut self, choice: &Choice<'_>, count: u32) -> bool {
        match choice.index.0 {
            Some(index) if index > 0 => self.accepts_other(index, count),
            Some(_) | None => {
                // A server whose index grows from 0 on is known by the whole message beside each
                // delta, which no server with several responses has.
                let is_first = self.index.is_none_or(|last| last == 0);
                let may_grow = choice.message.is_some() && count == 1 && is_first;
                self.is_fixed |= !may_grow;
                self.index = Some(0);
                true
            }
        }
    }

    #[cold]
    fn accepts_other(&mut self, index: u64, count: u32) -> bool {
        let last = self.index.unwrap_or(index);
        if !self.is_fixed {
            self.is_fixed = count > 1 || index < last;
            self.index = Some(if self.is_fixed {
                index.min(last)
            } else {
                index
            });
        }
        self.index == Some(index)
    }
}
