//! Which of the choices of a chunk is the answer. Owns what their indices have been so far. Called
//! by `decode`.

use super::wire::Choice;

/// Which of the choices is the answer: the one with index 0; or where a server does not count from
/// 0, the only one of its chunk, whose number stays or grows.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// The last index that was taken, or 0 for good.
    index: Option<u64>,
    /// Several answers are told apart by their index: only one of them is ours.
    is_fixed: bool,
}

impl Turn {
    #[inline]
    pub(super) fn takes(&mut self, choice: &Choice<'_>, count: u32) -> bool {
        match choice.index.0 {
            Some(index) if index > 0 => self.takes_other(index, count),
            Some(_) | None => {
                // A server whose index grows from 0 on is known by the whole message beside each
                // delta, which no server with several answers has.
                let is_first = self.index.is_none_or(|last| last == 0);
                let may_grow = choice.message.is_some() && count == 1 && is_first;
                self.is_fixed |= !may_grow;
                self.index = Some(0);
                true
            }
        }
    }

    #[cold]
    fn takes_other(&mut self, index: u64, count: u32) -> bool {
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
