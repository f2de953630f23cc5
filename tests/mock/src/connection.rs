//! One connection as the keys see it: opened with its first provider request, closed once. A
//! connection that only used the control API never counts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::exchange::{Exchange, Origin};
use crate::key_state::KeyState;
use crate::mock::{add, Mock};

/// So many requests of one connection record its close; a benchmark sends many more.
const EXCHANGES_TOLD_MAX: usize = 1_000;

pub struct ConnectionSeen {
    mock: Rc<Mock>,
    pub origin: Origin,
    number: Cell<usize>,
    states: RefCell<Vec<Rc<KeyState>>>,
    exchanges: RefCell<Vec<Rc<Exchange>>>,
    ended: Cell<bool>,
}

impl ConnectionSeen {
    pub fn new(mock: Rc<Mock>, origin: Origin) -> Self {
        Self {
            mock,
            origin,
            number: Cell::new(0),
            states: RefCell::default(),
            exchanges: RefCell::default(),
            ended: Cell::new(false),
        }
    }

    /// A provider request for this key came in; returns the connection's number, from 1.
    pub fn enter(&self, state: &Rc<KeyState>) -> usize {
        let stats = &self.mock.stats;
        add(&stats.requests_total);
        if self.number.get() == 0 {
            add(&stats.connections_total);
            add(&stats.connections_open);
            self.number.set(stats.connections_total.get());
        }
        let mut states = self.states.borrow_mut();
        if !states.iter().any(|known| Rc::ptr_eq(known, state)) {
            states.push(state.clone());
            state.connection_opened();
        }
        self.number.get()
    }

    pub fn served(&self, exchange: Rc<Exchange>) {
        let mut exchanges = self.exchanges.borrow_mut();
        if exchanges.len() < EXCHANGES_TOLD_MAX {
            exchanges.push(exchange);
        }
    }

    /// The connection is over; only the first call counts.
    pub fn end(&self, by_peer: bool) {
        if self.ended.replace(true) || self.number.get() == 0 {
            return;
        }
        let open = &self.mock.stats.connections_open;
        open.set(open.get().saturating_sub(1));
        if by_peer {
            let now_ms = self.mock.now_ms();
            self.exchanges
                .borrow()
                .iter()
                .for_each(|exchange| exchange.closed(now_ms));
        }
        for state in self.states.borrow().iter() {
            state.connection_closed(by_peer);
        }
    }
}

impl Drop for ConnectionSeen {
    fn drop(&mut self) {
        self.end(false);
    }
}
