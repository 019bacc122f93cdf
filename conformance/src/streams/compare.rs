//! Whether what happened is what was recorded, at one of two levels.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// How closely a program must follow its recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// What was delivered, told and left, over the whole program.
    Outcome,
    /// What each call returned, and the events of each stream in their order, between two settles.
    Order,
}

/// Why both differ, if they do.
pub(super) fn difference(
    level: Level,
    ops: &[Value],
    expected: &[Value],
    actual: &[Value],
) -> Option<String> {
    if expected.len() != actual.len() {
        return Some("another number of steps".to_owned());
    }
    let views = |steps| match level {
        Level::Outcome => vec![outcome(steps)],
        Level::Order => windows(ops, steps),
    };
    let pairs = views(expected).into_iter().zip(views(actual));
    for (index, (expected, actual)) in pairs.enumerate() {
        for key in ["returned", "told", "state"] {
            if expected[key] != actual[key] {
                return Some(format!(
                    "window {index}, {key}: expected {} actual {}",
                    expected[key], actual[key]
                ));
            }
        }
    }
    None
}

/// Whose entry it is: some events count per kind.
fn subject(entry: &Value) -> String {
    let (name, what) = (text(&entry[1]), text(&entry[2]));
    if ["iter", "finished", "operate"].contains(&name) {
        format!("{name}:{what}")
    } else {
        name.to_owned()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The entry without what is not compared.
fn strip(entry: &Value) -> Value {
    let parts = entry.as_array().map_or(&[][..], Vec::as_slice);
    let is_compared = |part: &&Value| entry[1] != "operate" || part.get("maxInFlight").is_none();
    parts
        .iter()
        .skip(1)
        .filter(is_compared)
        .cloned()
        .collect::<Vec<_>>()
        .into()
}

fn events(step: &Value) -> impl Iterator<Item = &Value> {
    let log = step["log"].as_array().map_or(&[][..], Vec::as_slice);
    log.iter().filter(|entry| entry[0] == "ev")
}

fn windows(ops: &[Value], steps: &[Value]) -> Vec<Value> {
    let mut windows = Vec::new();
    let mut returned = Vec::new();
    let mut told: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (op, step) in ops.iter().zip(steps) {
        returned.push(json!([op[0], step["ret"], step["threw"]]));
        for entry in events(step) {
            told.entry(subject(entry)).or_default().push(strip(entry));
        }
        if op[0] == "settle" {
            windows.push(json!({
                "returned": std::mem::take(&mut returned),
                "told": std::mem::take(&mut told),
                "state": state(&step["state"]),
            }));
        }
    }
    windows.push(json!({ "returned": returned, "told": told, "state": null }));
    windows
}

/// A state without the details of flowing.
fn state(state: &Value) -> Value {
    const DETAILS: [&str; 3] = ["flowing", "paused", "aborted"];
    let mut state = state.clone();
    for stream in state.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(read) = stream.get_mut("r").and_then(Value::as_object_mut) {
            read.retain(|key, _| !DETAILS.contains(&key.as_str()));
        }
    }
    state
}

fn outcome(steps: &[Value]) -> Value {
    #[derive(Default)]
    struct Delivered {
        data: String,
        items: Vec<Value>,
        events: Vec<String>,
    }
    let mut told: BTreeMap<String, Delivered> = BTreeMap::new();
    let mut last = Map::new();
    for step in steps {
        for entry in events(step) {
            if ["drain", "pipe", "unpipe"].contains(&text(&entry[2])) {
                continue;
            }
            let delivered = told.entry(subject(entry)).or_default();
            let is_data = entry[2] == "data" || entry[2] == "got";
            match &entry[3] {
                Value::String(bytes) if is_data => delivered.data.push_str(bytes),
                Value::Object(chunk) if is_data && chunk.contains_key("str") => {
                    delivered.data.push_str(text(&chunk["str"]));
                }
                item if is_data => delivered.items.push(item.clone()),
                _ => delivered.events.push(strip(entry).to_string()),
            }
        }
        for (name, state) in step["state"].as_object().into_iter().flatten() {
            let flags = json!([
                state["destroyed"],
                state["closed"],
                state["errored"],
                state["r"]["ended"],
                state["w"]["finished"],
            ]);
            last.insert(name.clone(), flags);
        }
    }
    let told: Map<_, _> = told
        .into_iter()
        .map(|(subject, mut delivered)| {
            delivered.events.sort();
            let Delivered {
                data,
                items,
                events,
            } = delivered;
            (
                subject,
                json!({ "data": data, "items": items, "events": events }),
            )
        })
        .collect();
    json!({ "told": told, "state": last })
}
