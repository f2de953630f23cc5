//! The numbers that pass for `LlmClient *`. A handle is never dereferenced: it is looked up, so
//! that one that is stale, doubled, foreign or zero is harmless. Owns the table from handle to
//! client of one generation; does not depend on clients.

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::fork::GENERATION_MAX;

/// A handle is generation, then counter, then zeros: 47 bits at most and aligned to 8, as runtimes
/// that tag pointers expect, and never small.
const ALIGNMENT_BITS: u32 = 3;
const COUNTER_BITS: u32 = if usize::BITS == 64 { 32 } else { 17 };
const COUNTER_MAX: usize = (1 << COUNTER_BITS) - 1;

/// What is alive, by handle. A tree, since there are few: a look-up then reads one node.
#[derive(Debug)]
pub struct Handles<T> {
    generation: usize,
    counter: AtomicUsize,
    live: RwLock<BTreeMap<usize, Arc<T>>>,
}

/// The generation that a handle was made in, if it looks like one.
pub fn generation_of(handle: usize) -> Option<usize> {
    let generation = handle >> (COUNTER_BITS + ALIGNMENT_BITS);
    (1..=GENERATION_MAX)
        .contains(&generation)
        .then_some(generation)
}

impl<T> Handles<T> {
    /// An empty table for handles of a generation.
    pub fn new(generation: usize) -> Self {
        Self {
            generation,
            counter: AtomicUsize::new(0),
            live: RwLock::default(),
        }
    }

    /// Makes a handle, which was not used before (in four thousand million clients).
    pub fn insert(&self, value: Arc<T>) -> usize {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        loop {
            let count = self.counter.fetch_add(1, Ordering::Relaxed) & COUNTER_MAX;
            let handle = ((self.generation << COUNTER_BITS) | count) << ALIGNMENT_BITS;
            if let Entry::Vacant(vacant) = live.entry(handle) {
                vacant.insert(value);
                return handle;
            }
        }
    }

    /// What the handle stands for, unless it is stale or none.
    pub fn get(&self, handle: usize) -> Option<Arc<T>> {
        self.live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&handle)
            .cloned()
    }

    /// Makes the handle stale; one caller gets what it stood for.
    pub fn remove(&self, handle: usize) -> Option<Arc<T>> {
        self.live
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&handle)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Act {
        Insert,
        Get(usize),
        Remove(usize),
        GetForeign(usize),
        RemoveForeign(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            Just(Act::Insert),
            (0..64usize).prop_map(Act::Get),
            (0..64usize).prop_map(Act::Remove),
            any::<usize>().prop_map(Act::GetForeign),
            any::<usize>().prop_map(Act::RemoveForeign),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn any_handle_is_harmless(acts in prop::collection::vec(act(), 0..200)) {
            let handles = Handles::new(3);
            let mut model: Vec<(usize, Option<usize>)> = Vec::new();
            for (number, act) in acts.into_iter().enumerate() {
                match act {
                    Act::Insert => {
                        let handle = handles.insert(Arc::new(number));
                        prop_assert!(model.iter().all(|(other, _)| *other != handle));
                        prop_assert_eq!(generation_of(handle), Some(3));
                        prop_assert!(handle % 8 == 0 && handle >> 47 == 0 && handle > 4096);
                        model.push((handle, Some(number)));
                    }
                    Act::Get(index) if index < model.len() => {
                        let (handle, value) = model[index];
                        prop_assert_eq!(handles.get(handle).as_deref().copied(), value);
                    }
                    Act::Remove(index) if index < model.len() => {
                        let (handle, value) = model[index];
                        prop_assert_eq!(handles.remove(handle).as_deref().copied(), value);
                        model[index].1 = None;
                    }
                    Act::Get(_) | Act::Remove(_) => {}
                    Act::GetForeign(handle) | Act::RemoveForeign(handle)
                        if model.iter().any(|(known, _)| *known == handle) => {}
                    Act::GetForeign(handle) => prop_assert!(handles.get(handle).is_none()),
                    Act::RemoveForeign(handle) => prop_assert!(handles.remove(handle).is_none()),
                }
            }
        }
    }

    #[test]
    fn numbers_that_are_no_handles_have_no_generation() {
        for foreign in [
            0,
            1,
            8,
            4096,
            0x5555_5555_4000,
            0x7fff_ffff_e000,
            usize::MAX,
        ] {
            let known = generation_of(foreign).is_some_and(|generation| generation < 64);
            assert!(!known, "{foreign:x}");
        }
    }
}
