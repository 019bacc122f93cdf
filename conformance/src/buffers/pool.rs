//! Which small allocations share memory, and where.

use serde_json::Value;

use super::case::{Case, Fault};

pub(super) fn layout(_case: &Case) -> Result<Value, Fault> {
    Err(Fault::NotExpressible)
}
