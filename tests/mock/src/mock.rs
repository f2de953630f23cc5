//! What all connections share: the state of each key, the data files, the clock, the pacer, the
//! counts.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Instant;

use serde_json::{json, Value};

use crate::faults;
use crate::key_state::KeyState;
use crate::keys::ready_made;
use crate::options::Options;
use crate::pacer::Pacer;
use crate::plan::{NamedPlans, Plan};
use crate::replies::ReplyFiles;
use crate::wire::Wire;

/// More keys than this push out the oldest, so that a benchmark may use a key per request.
const KEYS_MAX: usize = 50_000;

pub struct Mock {
    pub faults: NamedPlans,
    pub reply_files: ReplyFiles,
    pub pacer: Rc<Pacer>,
    pub stats: Stats,
    pub h2_streams_max: u32,
    /// Of the plain HTTP listener.
    pub http_port: Cell<u16>,
    wires: Vec<Rc<Wire>>,
    keys: RefCell<Keys>,
    began: Instant,
}

#[derive(Default)]
struct Keys {
    by_key: HashMap<String, Rc<KeyState>>,
    oldest_first: VecDeque<String>,
}

#[derive(Default)]
pub struct Stats {
    pub connections_open: Cell<usize>,
    pub connections_total: Cell<usize>,
    pub requests_total: Cell<usize>,
    pub tokens_written: Rc<Cell<u64>>,
    /// Sockets accepted by listener, control and failed handshakes included.
    pub accepted: RefCell<BTreeMap<&'static str, usize>>,
}

impl Mock {
    pub fn new(options: &Options) -> Result<Self, String> {
        let stats = Stats::default();
        Ok(Self {
            faults: faults::load()?,
            reply_files: ReplyFiles::new(options.vectors.clone(), options.recordings.clone()),
            pacer: Rc::new(Pacer::new(stats.tokens_written.clone())),
            stats,
            h2_streams_max: options.h2_streams_max,
            http_port: Cell::new(0),
            wires: Wire::load_all()?,
            keys: RefCell::default(),
            began: Instant::now(),
        })
    }

    /// Milliseconds since the mock began, to the microsecond.
    pub fn now_ms(&self) -> f64 {
        self.began.elapsed().as_micros() as f64 / 1000.0
    }

    /// The state of a key; a key without a plan gets what its name defines.
    pub fn key_state(&self, key: &str) -> Rc<KeyState> {
        if let Some(state) = self.keys.borrow().by_key.get(key) {
            return state.clone();
        }
        let state = Rc::new(KeyState::new(ready_made(key, &self.faults)));
        self.put(key, state.clone());
        state
    }

    pub fn set_plan(&self, key: &str, plan: Plan) {
        self.put(key, Rc::new(KeyState::new(Rc::new(plan))));
    }

    pub fn forget(&self, key: &str) {
        let mut keys = self.keys.borrow_mut();
        if let Some(old) = keys.by_key.remove(key) {
            keys.oldest_first.retain(|known| known != key);
            old.tell();
        }
    }

    /// The wire that a path speaks; an unknown path gets the first.
    pub fn wire(&self, path: &str) -> Option<Rc<Wire>> {
        let known = self.wires.iter().find(|wire| wire.speaks(path));
        known.or(self.wires.first()).cloned()
    }

    pub fn document(&self) -> Value {
        json!({
            "connections_open": self.stats.connections_open.get(),
            "connections_total": self.stats.connections_total.get(),
            "requests_total": self.stats.requests_total.get(),
            "tokens_written": self.stats.tokens_written.get(),
            "accepted": *self.stats.accepted.borrow(),
        })
    }

    fn put(&self, key: &str, state: Rc<KeyState>) {
        let mut keys = self.keys.borrow_mut();
        match keys.by_key.insert(key.to_owned(), state) {
            Some(old) => old.tell(),
            None => keys.oldest_first.push_back(key.to_owned()),
        }
        while keys.oldest_first.len() > KEYS_MAX {
            if let Some(oldest) = keys.oldest_first.pop_front() {
                keys.by_key.remove(&oldest);
            }
        }
    }
}

/// Adds to a counter.
pub fn add(counter: &Cell<usize>) {
    counter.set(counter.get() + 1);
}
