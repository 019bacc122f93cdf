//! Chains of operators.

use std::rc::Rc;

use serde_json::Value;

use super::world::{Any, World};

pub(super) fn operate(
    _world: &Rc<World>,
    _name: &str,
    _any: &Any,
    _chain: &Value,
    _terminal: &Value,
) -> Result<(), String> {
    Err("operators".to_owned())
}
