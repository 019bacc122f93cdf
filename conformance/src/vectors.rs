//! Files of vectors.

use std::path::Path;

use serde_json::Value;

/// The cases of a file, as they are written there.
///
/// # Errors
///
/// Says which file cannot be read, is no vectors, or has those of another suite.
pub(crate) fn read(file: &Path, suite: &str) -> Result<Vec<Value>, String> {
    let place = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("cannot read {place}: {error}"))?;
    let mut document: Value =
        serde_json::from_str(&text).map_err(|error| format!("{place}: {error}"))?;
    if document["format"] != "synodic-vectors" || document["suite"] != suite {
        return Err(format!("{place} has no vectors of this suite"));
    }
    match document["cases"].take() {
        Value::Array(cases) => Ok(cases),
        _ => Err(format!("{place} has no cases")),
    }
}
