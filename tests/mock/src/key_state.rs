//! The state of one key: the plan played under it and everything seen under it. Owns the memory of
//! what happened and its bounds; connections write it, the control API reads it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{json, Value};
use tokio::sync::Notify;

use crate::exchange::Exchange;
use crate::plan::Plan;

/// Later requests of one key are counted and no longer kept.
const EXCHANGES_KEPT_MAX: usize = 20_000;

pub struct KeyState {
    pub plan: Rc<Plan>,
    begun: Cell<usize>,
    requests: Cell<usize>,
    exchanges: RefCell<Vec<Rc<Exchange>>>,
    bytes: Cell<u64>,
    connections_opened: Cell<usize>,
    connections_closed: Cell<usize>,
    closed_by_peer: Cell<usize>,
    events: RefCell<Vec<(String, f64)>>,
    released: RefCell<BTreeSet<String>>,
    changed: Notify,
    watchers: Cell<usize>,
}

/// What a waiter waits for; every named condition must hold.
#[derive(Debug, Default, PartialEq)]
pub struct Conditions {
    pub requests: Option<usize>,
    pub closed: Option<usize>,
    pub bytes: Option<u64>,
    pub signal: Option<String>,
}

impl KeyState {
    pub fn new(plan: Rc<Plan>) -> Self {
        Self {
            plan,
            begun: Cell::new(0),
            requests: Cell::new(0),
            exchanges: RefCell::default(),
            bytes: Cell::new(0),
            connections_opened: Cell::new(0),
            connections_closed: Cell::new(0),
            closed_by_peer: Cell::new(0),
            events: RefCell::default(),
            released: RefCell::default(),
            changed: Notify::new(),
            watchers: Cell::new(0),
        }
    }

    /// The number of the request that begins now, from 0.
    pub fn begin(&self) -> usize {
        let index = self.begun.get();
        self.begun.set(index + 1);
        index
    }

    /// The request has been read as far as it will be.
    pub fn received(&self, exchange: &Rc<Exchange>) {
        self.requests.set(self.requests.get() + 1);
        let mut exchanges = self.exchanges.borrow_mut();
        if exchanges.len() < EXCHANGES_KEPT_MAX {
            exchanges.push(exchange.clone());
        }
        self.tell();
    }

    pub fn connection_opened(&self) {
        self.connections_opened
            .set(self.connections_opened.get() + 1);
    }

    pub fn connection_closed(&self, by_peer: bool) {
        self.connections_closed
            .set(self.connections_closed.get() + 1);
        if by_peer {
            self.left_by_peer();
        }
        self.tell();
    }

    /// The peer closed a connection, or reset an HTTP/2 stream, before we did.
    pub fn left_by_peer(&self) {
        self.closed_by_peer.set(self.closed_by_peer.get() + 1);
        self.tell();
    }

    pub fn wrote(&self, exchange: &Exchange, bytes: usize) {
        let bytes = bytes as u64;
        exchange.wrote(bytes);
        self.bytes.set(self.bytes.get() + bytes);
        if self.watchers.get() > 0 {
            self.tell();
        }
    }

    pub fn event(&self, name: &str, at_ms: f64) {
        self.events.borrow_mut().push((name.to_owned(), at_ms));
        self.tell();
    }

    pub fn release(&self, name: &str) {
        self.released.borrow_mut().insert(name.to_owned());
        self.tell();
    }

    /// Returns once `name` was released; a release is for ever.
    pub async fn released(&self, name: &str) {
        loop {
            let changed = self.changed.notified();
            if self.released.borrow().contains(name) {
                return;
            }
            changed.await;
        }
    }

    /// Returns at the next change, or when the key got another plan.
    pub async fn change(&self) {
        self.changed.notified().await;
    }

    pub fn watch(&self, on: bool) {
        let watchers = self.watchers.get();
        self.watchers.set(if on {
            watchers + 1
        } else {
            watchers.saturating_sub(1)
        });
    }

    pub fn tell(&self) {
        self.changed.notify_waiters();
    }

    pub fn holds(&self, conditions: &Conditions) -> bool {
        let happened = |name: &String| self.events.borrow().iter().any(|(event, _)| event == name);
        conditions
            .requests
            .is_none_or(|least| self.requests.get() >= least)
            && conditions
                .closed
                .is_none_or(|least| self.closed_by_peer.get() >= least)
            && conditions
                .bytes
                .is_none_or(|least| self.bytes.get() >= least)
            && conditions.signal.as_ref().is_none_or(happened)
    }

    pub fn document(&self) -> Value {
        let requests: Vec<_> = self
            .exchanges
            .borrow()
            .iter()
            .map(|one| one.document())
            .collect();
        let events: Vec<_> = self
            .events
            .borrow()
            .iter()
            .map(|(name, at_ms)| json!({ "name": name, "at_ms": at_ms }))
            .collect();
        json!({
            "requests": requests,
            "requests_count": self.requests.get(),
            "connections_opened": self.connections_opened.get(),
            "connections_closed": self.connections_closed.get(),
            "closed_by_peer": self.closed_by_peer.get(),
            "bytes_written": self.bytes.get(),
            "events": events,
        })
    }
}
