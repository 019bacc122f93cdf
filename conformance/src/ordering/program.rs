//! Programs and vectors as the files hold them: see `node/ordering/FORMAT.md`.

use std::rc::Rc;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::compare::Expected;

/// A program with what Node made of it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Vector {
    pub(crate) name: String,
    /// Kept as it was read, so that a mismatch prints what stands in the file.
    pub(crate) program: Value,
    pub(crate) expected: Expected,
}

/// What main does.
#[derive(Debug, Deserialize)]
pub(crate) struct Program {
    pub(crate) ops: Body,
}

/// Operations that are executed in order.
pub(crate) type Body = Rc<[Rc<Operation>]>;

/// A place in a program.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    /// The first so many times it is reached it is skipped,
    #[serde(default)]
    pub(crate) skip: u64,
    /// then it is executed at most so many times.
    pub(crate) max: Option<u64>,
    #[serde(flatten)]
    pub(crate) kind: Kind,
}

/// What an operation does.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Kind {
    Log {
        label: String,
    },
    BusyWait {
        ms: f64,
    },
    Throw {
        error: String,
    },
    Again {},

    NextTick {
        body: Body,
    },
    Microtask {
        body: Body,
    },
    Promise {
        id: String,
        state: Option<PromiseState>,
        error: Option<String>,
    },
    Resolve {
        target: String,
        with: Option<String>,
    },
    Reject {
        target: String,
        error: String,
    },
    Then {
        target: String,
        ok: Option<Body>,
        err: Option<Body>,
        id: Option<String>,
    },
    Chain {
        bodies: Vec<Body>,
        id: Option<String>,
    },
    AsyncFn {
        steps: Rc<[Step]>,
        id: Option<String>,
    },

    SetTimeout {
        id: Option<String>,
        ms: f64,
        body: Body,
    },
    SetInterval {
        id: Option<String>,
        ms: f64,
        times: Option<u64>,
        body: Body,
    },
    SetImmediate {
        id: Option<String>,
        body: Body,
    },
    Clear {
        target: String,
    },
    Refresh {
        target: String,
    },
    Ref {
        target: String,
    },
    Unref {
        target: String,
    },
    HasRef {
        target: String,
    },

    IoRead {
        body: Body,
    },
    Close {
        body: Body,
    },
    Channel {
        id: String,
    },
    OnMessage {
        port: String,
        body: Body,
    },
    OnClose {
        port: String,
        body: Body,
    },
    Post {
        port: String,
        value: String,
    },
    ClosePort {
        port: String,
    },

    On {
        event: Event,
        body: Body,
        times: Option<u64>,
    },
    SetExitCode {
        code: i32,
    },
    Exit {
        code: Option<i32>,
    },
}

/// How a promise is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PromiseState {
    Pending,
    Fulfilled,
    Rejected,
}

/// A step of an async function.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    /// Nothing, or what to await: `null`, or a promise.
    #[serde(default, rename = "await", deserialize_with = "present")]
    pub(crate) awaited: Option<Option<String>>,
    #[serde(default)]
    pub(crate) body: Option<Body>,
}

/// Tells a `null` from a key that is not there.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// An event of the process.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Event {
    BeforeExit,
    Exit,
    UncaughtException,
    UncaughtExceptionMonitor,
    UnhandledRejection,
    RejectionHandled,
}

/// The same program with more time between its events: whole milliseconds are multiplied;
/// fractions stay as they are, and so do 0, 1 and delays out of range.
pub(crate) fn scale(program: &mut Value, factor: f64) {
    match program {
        Value::Array(items) => items.iter_mut().for_each(|item| scale(item, factor)),
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_f64() {
                    Some(ms) if key == "ms" && (2.0..1e6).contains(&ms) => {
                        *value = Value::from(ms + ms.trunc() * (factor - 1.0));
                    }
                    _ => scale(value, factor),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_milliseconds_are_scaled() {
        let mut program = serde_json::json!({ "ops": [
            { "ms": 20.9 }, { "ms": 1 }, { "ms": -5 }, { "ms": 2_147_483_648_u64 }, { "code": 20 }
        ] });
        scale(&mut program, 2.0);
        let expected = serde_json::json!({ "ops": [
            { "ms": 40.9 }, { "ms": 1 }, { "ms": -5 }, { "ms": 2_147_483_648_u64 }, { "code": 20 }
        ] });
        assert_eq!(program, expected);
    }

    #[test]
    fn a_null_is_told_from_nothing() {
        let step = |json: &str| serde_json::from_str::<Step>(json).unwrap().awaited;
        assert_eq!(step(r#"{ "body": [] }"#), None);
        assert_eq!(step(r#"{ "await": null, "body": [] }"#), Some(None));
        assert_eq!(
            step(r#"{ "await": "p", "body": [] }"#),
            Some(Some("p".to_owned()))
        );
    }
}
