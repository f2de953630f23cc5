//! What all connections share: the scenes by key, the data files, the clock, the wheel, the counts.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Instant;

use serde_json::{json, Value};

use crate::faults::Faults;
use crate::key_state::Scene;
use crate::keys::ready_made;
use crate::options::Options;
use crate::pacer::Wheel;
use crate::plan::Plan;
use crate::replies::Library;
use crate::wire::Wire;

/// Scenes beyond this push out the oldest, so that a benchmark may use a key per request.
const SCENES_MAX: usize = 50_000;

pub struct Mock {
    pub faults: Faults,
    pub library: Library,
    pub wheel: Rc<Wheel>,
    pub stats: Stats,
    pub h2_streams_max: u32,
    /// Of the plain HTTP listener.
    pub http_port: Cell<u16>,
    wires: Vec<Rc<Wire>>,
    scenes: RefCell<Scenes>,
    began: Instant,
}

#[derive(Default)]
struct Scenes {
    by_key: HashMap<String, Rc<Scene>>,
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
            faults: Faults::load()?,
            library: Library::new(options.vectors.clone(), options.recordings.clone()),
            wheel: Rc::new(Wheel::new(stats.tokens_written.clone())),
            stats,
            h2_streams_max: options.h2_streams_max,
            http_port: Cell::new(0),
            wires: Wire::load_all()?,
            scenes: RefCell::default(),
            began: Instant::now(),
        })
    }

    /// Milliseconds since the mock began, to the microsecond.
    pub fn now_ms(&self) -> f64 {
        self.began.elapsed().as_micros() as f64 / 1000.0
    }

    /// The scene of a key; a key never set gets what its name says.
    pub fn scene(&self, key: &str) -> Rc<Scene> {
        if let Some(scene) = self.scenes.borrow().by_key.get(key) {
            return scene.clone();
        }
        let scene = Rc::new(Scene::new(ready_made(key, &self.faults)));
        self.put(key, scene.clone());
        scene
    }

    pub fn set_plan(&self, key: &str, plan: Plan) {
        self.put(key, Rc::new(Scene::new(Rc::new(plan))));
    }

    pub fn forget(&self, key: &str) {
        let mut scenes = self.scenes.borrow_mut();
        if let Some(old) = scenes.by_key.remove(key) {
            scenes.oldest_first.retain(|known| known != key);
            old.tell();
        }
    }

    /// The wire that a path speaks; one that nobody knows gets the first.
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

    fn put(&self, key: &str, scene: Rc<Scene>) {
        let mut scenes = self.scenes.borrow_mut();
        match scenes.by_key.insert(key.to_owned(), scene) {
            Some(old) => old.tell(),
            None => scenes.oldest_first.push_back(key.to_owned()),
        }
        while scenes.oldest_first.len() > SCENES_MAX {
            if let Some(oldest) = scenes.oldest_first.pop_front() {
                scenes.by_key.remove(&oldest);
            }
        }
    }
}

/// Adds to a counter.
pub fn add(counter: &Cell<usize>) {
    counter.set(counter.get() + 1);
}
