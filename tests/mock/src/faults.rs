//! The list of faults, `tests/faults/faults.json`, compiled in. Of each row only its name and its
//! steps are parsed here; the runners in each language check what must come of them.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::{json, Value};

use crate::plan::{NamedPlans, Plan};

const LIST: &str = include_str!("../../faults/faults.json");

/// A row's other fields are for the runners, which check the outcome.
#[derive(Deserialize)]
struct Row {
    name: String,
    steps: Value,
}

pub fn load() -> Result<NamedPlans, String> {
    let rows: Vec<Row> =
        serde_json::from_str(LIST).map_err(|error| format!("faults.json: {error}"))?;
    let mut faults = NamedPlans::new();
    for Row { name, steps } in rows {
        let plan = Plan::parse(json!({ "steps": steps }), &NamedPlans::new())
            .map_err(|error| format!("faults.json: {name}: {error}"))?;
        if faults.insert(name.clone(), Rc::new(plan)).is_some() {
            return Err(format!("faults.json: {name} is there twice"));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_loads_whole() {
        let rows: Vec<Value> = serde_json::from_str(LIST).expect("faults.json");
        let faults = load().expect("faults.json");

        assert_eq!(faults.len(), rows.len());
        for row in rows {
            let steps = row["steps"].as_array().map(Vec::len);
            let plan = row["name"].as_str().and_then(|name| faults.get(name));
            assert_eq!(plan.map(|plan| plan.steps().len()), steps, "{row}");
        }
    }
}
