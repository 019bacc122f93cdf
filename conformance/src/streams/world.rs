//! What a program has: streams, a log, hooks that wait, and signals.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use serde_json::{Value, json};
use synodic_streams::node::{Duplex, Readable, Stream, StreamRef, Writable};
use synodic_streams::{AbortController, Error, Result, node};

use super::item::Item;

/// Says that a hook is done; with an error where the program says so.
type Completion = Box<dyn FnOnce(Option<Error>)>;

/// The streams of a program, and what happened to them.
#[derive(Default)]
pub(super) struct World {
    pub(super) log: RefCell<Vec<Value>>,
    pub(super) streams: RefCell<HashMap<String, Any>>,
    waiting: RefCell<HashMap<String, VecDeque<(&'static str, Completion)>>>,
    controllers: RefCell<HashMap<String, AbortController>>,
}

/// A stream of any kind.
#[derive(Clone)]
pub(super) struct Any {
    pub(super) stream: StreamRef,
    pub(super) readable: Option<Readable<Item>>,
    pub(super) writable: Option<Writable<Item>>,
    pub(super) duplex: Option<Duplex<Item, Item>>,
    /// Calls of `write` so far.
    pub(super) writes: Rc<Cell<usize>>,
}

/// When a hook completes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    None,
    Sync,
    Tick,
    Manual,
}

impl Mode {
    pub(super) fn parse(value: &Value, otherwise: Self) -> Self {
        match value.as_str() {
            Some("sync") => Self::Sync,
            Some("tick") => Self::Tick,
            Some("manual") => Self::Manual,
            Some("none") => Self::None,
            _ => otherwise,
        }
    }
}

impl World {
    pub(super) fn event(&self, name: &str, what: &str) {
        self.log.borrow_mut().push(json!(["ev", name, what]));
    }

    pub(super) fn event_with(&self, name: &str, what: &str, more: impl Into<Value>) {
        self.log
            .borrow_mut()
            .push(json!(["ev", name, what, more.into()]));
    }

    pub(super) fn call(&self, name: &str, hook: &str) {
        self.log.borrow_mut().push(json!(["call", name, hook]));
    }

    pub(super) fn call_with(&self, name: &str, hook: &str, more: impl Into<Value>) {
        self.log
            .borrow_mut()
            .push(json!(["call", name, hook, more.into()]));
    }

    /// Completes a hook when its mode says.
    pub(super) fn later(
        &self,
        name: &str,
        mode: Mode,
        hook: &'static str,
        complete: impl FnOnce(Option<Error>) + 'static,
    ) {
        match mode {
            Mode::Sync | Mode::None => complete(None),
            Mode::Tick => node::defer(|| complete(None)),
            Mode::Manual => {
                let mut waiting = self.waiting.borrow_mut();
                let line = waiting.entry(name.to_owned()).or_default();
                line.push_back((hook, Box::new(complete)));
            }
        }
    }

    /// Completes the oldest hook of a stream that waits; its name.
    pub(super) fn complete(&self, name: &str, error: Option<Error>) -> Value {
        let oldest = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.get_mut(name).and_then(VecDeque::pop_front)
        };
        match oldest {
            None => Value::Null,
            Some((hook, complete)) => {
                complete(error);
                hook.into()
            }
        }
    }

    pub(super) fn controller(&self, name: &str) -> AbortController {
        self.controllers
            .borrow_mut()
            .entry(name.to_owned())
            .or_default()
            .clone()
    }

    pub(super) fn get(&self, name: &Value) -> std::result::Result<Any, String> {
        let name = name.as_str().ok_or("a name is missing")?;
        let streams = self.streams.borrow();
        streams
            .get(name)
            .cloned()
            .ok_or(format!("no stream {name}"))
    }

    /// Adds a stream and listens to it.
    pub(super) fn add(self: &Rc<Self>, name: &str, any: Any) {
        let (world, owned) = (Rc::downgrade(self), name.to_owned());
        any.stream.on(move |event| {
            let Some(world) = world.upgrade() else { return };
            match event {
                node::Event::Pause | node::Event::Resume => {
                    world
                        .log
                        .borrow_mut()
                        .push(json!(["dt", owned, event.name()]));
                }
                node::Event::Error(error) => world.event_with(&owned, "error", error.code()),
                _ => world.event(&owned, event.name()),
            }
        });
        self.streams.borrow_mut().insert(name.to_owned(), any);
    }
}

impl Any {
    pub(super) fn from_readable(readable: Readable<Item>) -> Self {
        Self {
            stream: readable.stream(),
            readable: Some(readable),
            writable: None,
            duplex: None,
            writes: Rc::default(),
        }
    }

    pub(super) fn from_writable(writable: Writable<Item>) -> Self {
        Self {
            stream: writable.stream(),
            readable: None,
            writable: Some(writable),
            duplex: None,
            writes: Rc::default(),
        }
    }

    pub(super) fn from_duplex(duplex: Duplex<Item, Item>) -> Self {
        Self {
            stream: duplex.stream(),
            readable: Some(duplex.readable().clone()),
            writable: Some(duplex.writable().clone()),
            duplex: Some(duplex),
            writes: Rc::default(),
        }
    }

    pub(super) fn readable(&self) -> std::result::Result<&Readable<Item>, String> {
        self.readable.as_ref().ok_or("not readable".to_owned())
    }

    pub(super) fn writable(&self) -> std::result::Result<&Writable<Item>, String> {
        self.writable.as_ref().ok_or("not writable".to_owned())
    }

    /// What can be seen from outside.
    pub(super) fn state(&self) -> Value {
        let mut state = json!({
            "destroyed": self.stream.is_destroyed(),
            "closed": self.stream.is_closed(),
            "errored": self.stream.error().map(|error| error.code().to_owned()),
        });
        if let Some(readable) = &self.readable {
            state["r"] = json!({
                "len": readable.len(),
                "flowing": readable.flowing(),
                "paused": readable.is_paused(),
                "readable": readable.is_readable(),
                "ended": readable.is_ended(),
            });
        }
        if let Some(writable) = &self.writable {
            state["w"] = json!({
                "len": writable.len(),
                "needDrain": writable.needs_drain(),
                "corked": writable.corks(),
                "writable": writable.is_writable(),
                "ended": writable.is_ended(),
                "finished": writable.is_finished(),
            });
        }
        state
    }
}

/// An error with a code of the program's.
pub(super) fn error(code: &str) -> Error {
    Error::other(code).with_code(code.to_owned())
}

/// The error that a field of a specification names.
pub(super) fn error_in(value: &Value) -> Option<Error> {
    value.as_str().map(error)
}

/// The code of what went wrong, or null.
pub(super) fn code(result: &Result<()>) -> Value {
    match result {
        Ok(()) => Value::Null,
        Err(error) => error.code().into(),
    }
}
