//! The fault list: `faults.json`, data compiled in. Keys are rows of the fault table, such as F30,
//! and variants of a row, such as F6.503.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::{json, Value};

use crate::plan::Plan;

const LIST: &str = include_str!("../faults.json");

pub struct Faults {
    plans: BTreeMap<String, Rc<Plan>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// For the reader of the file: what happens on the wire.
    about: String,
    steps: Value,
}

impl Faults {
    pub fn none() -> Self {
        Self {
            plans: BTreeMap::new(),
        }
    }

    pub fn load() -> Result<Self, String> {
        let rows: BTreeMap<String, Row> =
            serde_json::from_str(LIST).map_err(|error| format!("faults.json: {error}"))?;
        let mut plans = BTreeMap::new();
        for (name, row) in rows {
            let plan = Plan::parse(json!({ "steps": row.steps }), &Self::none())
                .map_err(|error| format!("faults.json: {name} ({}): {error}", row.about))?;
            plans.insert(name, Rc::new(plan));
        }
        Ok(Self { plans })
    }

    pub fn get(&self, name: &str) -> Option<&Rc<Plan>> {
        self.plans.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_loads_whole() {
        let faults = Faults::load().expect("faults.json");

        // What no server can play: F15 nobody listens, F53 is ports, F54, F55, F57 and F58 happen
        // before or beside the network.
        let elsewhere = [15, 53, 54, 55, 57, 58];
        for row in (1..=59).filter(|row| !elsewhere.contains(row)) {
            assert!(faults.get(&format!("F{row}")).is_some(), "F{row}");
        }
        for row in elsewhere {
            assert!(faults.get(&format!("F{row}")).is_none(), "F{row}");
        }
    }
}
