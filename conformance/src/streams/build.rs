//! The streams of a program, with hooks that do what is written.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::Value;
use synodic_streams::node::{self, Done, Readable, Stream};
use synodic_streams::{AbortSignal, Error};

use super::functions::Function;
use super::item::{Item, TextDecoder, options};
use super::world::{Any, Mode, World, error_in};

/// A specification, with what its hooks need.
#[derive(Clone)]
struct Spec {
    world: Rc<World>,
    name: Rc<str>,
    fields: Rc<Value>,
}

/// Makes a stream and adds it to the world.
pub(super) fn build(world: &Rc<World>, name: &str, fields: &Value) -> Result<(), String> {
    let spec = Spec {
        world: Rc::clone(world),
        name: name.into(),
        fields: Rc::new(fields.clone()),
    };
    let any = match fields["type"].as_str() {
        Some("readable") => Any::from_readable(spec.readable()?),
        Some("writable") => Any::from_writable(spec.writable()),
        Some("duplex") => Any::from_duplex(spec.duplex()),
        Some("transform") => Any::from_duplex(spec.transform()?),
        Some("passthrough") => {
            let (write, read) = spec.both_options();
            Any::from_duplex(node::pass_through(write, read))
        }
        Some("from") => Any::from_readable(spec.from()),
        Some("compose") => Any::from_duplex(spec.compose()?),
        other => return Err(format!("no such type of stream: {other:?}")),
    };
    world.add(name, any);
    Ok(())
}

/// Applies the hooks and settings that all builders have.
macro_rules! with_common {
    ($spec:expr, $builder:expr) => {{
        let mut builder = $builder;
        if $spec.fields["autoDestroy"] == false {
            builder = builder.auto_destroy(false);
        }
        if $spec.fields["emitClose"] == false {
            builder = builder.emit_close(false);
        }
        if let Some(signal) = $spec.signal() {
            builder = builder.signal(&signal);
        }
        if $spec.mode("destroy") != Mode::None {
            let spec = $spec.clone();
            builder = builder.destroy(move |error, done| spec.call_destroy(error, done));
        }
        builder
    }};
}

macro_rules! with_construct {
    ($spec:expr, $builder:expr) => {{
        let mut builder = $builder;
        if $spec.mode("construct") != Mode::None {
            let spec = $spec.clone();
            builder = builder.construct(move |done| spec.call_construct(done));
        }
        builder
    }};
}

macro_rules! with_write_hooks {
    ($spec:expr, $builder:expr) => {{
        let mut builder = $builder;
        let count = Rc::new(Cell::new(0));
        let (spec, calls) = ($spec.clone(), Rc::clone(&count));
        builder = builder.write(move |item, done| {
            spec.world.call_with(&spec.name, "write", item.plain());
            spec.call_write("write", &calls, done);
        });
        if $spec.mode("writev") != Mode::None {
            let spec = $spec.clone();
            builder = builder.write_all(move |items, done| {
                let plain: Vec<_> = items.iter().map(Item::plain).collect();
                spec.world.call_with(&spec.name, "writev", plain);
                spec.call_write("writev", &count, done);
            });
        }
        if $spec.mode("final") != Mode::None {
            let spec = $spec.clone();
            builder = builder.finish(move |done| spec.call_final(done));
        }
        builder
    }};
}

impl Spec {
    fn mode(&self, hook: &str) -> Mode {
        Mode::parse(&self.fields[hook], Mode::None)
    }

    fn size(&self, key: &str) -> Option<usize> {
        self.fields[key]
            .as_u64()
            .and_then(|size| size.try_into().ok())
    }

    fn is(&self, key: &str) -> bool {
        self.fields[key] == true
    }

    fn signal(&self) -> Option<AbortSignal> {
        let name = self.fields["signal"].as_str()?;
        Some(self.world.controller(name).signal())
    }

    fn both_options(
        &self,
    ) -> (
        synodic_streams::Options<Item>,
        synodic_streams::Options<Item>,
    ) {
        let write = options(self.size("whwm"), self.is("wobject"));
        let read = options(self.size("rhwm"), self.is("robject"));
        (write, read)
    }

    fn writable(&self) -> node::Writable<Item> {
        let builder = node::Writable::builder(options(self.size("hwm"), self.is("object")));
        with_common!(
            self,
            with_construct!(self, with_write_hooks!(self, builder))
        )
        .build()
    }

    fn readable(&self) -> Result<Readable<Item>, String> {
        let builder = Readable::builder(options(self.size("hwm"), self.is("object")));
        let builder = builder.read(self.read_hook());
        let readable = with_common!(self, with_construct!(self, builder)).build();
        if let Some(encoding) = self.fields["encoding"].as_str() {
            readable.set_decoder(TextDecoder::new(encoding)?);
        }
        Ok(readable)
    }

    fn duplex(&self) -> node::Duplex<Item, Item> {
        let (write, read) = self.both_options();
        let mut builder = node::Duplex::builder(write, read).read(self.read_hook());
        builder = builder.allow_half_open(self.fields["allowHalfOpen"] != false);
        with_common!(
            self,
            with_construct!(self, with_write_hooks!(self, builder))
        )
        .build()
    }

    fn transform(&self) -> Result<node::Duplex<Item, Item>, String> {
        let (write, read) = self.both_options();
        let function = Rc::new(Function::parse(&self.fields)?);
        let count = Rc::new(Cell::new(0));
        let (spec, work) = (self.clone(), Rc::clone(&function));
        let mut builder =
            node::TransformBuilder::new(write, read).transform(move |item: Item, out, done| {
                spec.call_transform(&count, &work, item, out.clone(), done);
            });
        if !matches!(self.fields["flush"].as_str(), None | Some("none")) {
            let spec = self.clone();
            builder = builder.flush(move |out, done| {
                spec.call_flush(&function, out.clone(), done);
            });
        }
        if self.mode("final") != Mode::None {
            let spec = self.clone();
            builder = builder.finish(move |done| spec.call_final(done));
        }
        Ok(with_common!(self, builder).build())
    }

    /// Items of an iterator, which may fail.
    fn from(&self) -> Readable<Item> {
        let items = self.fields["items"].as_array().cloned().unwrap_or_default();
        let fail_at = self.size("failAt");
        let failure = error_in(&self.fields["code"]);
        let items = items
            .into_iter()
            .enumerate()
            .map(move |(index, value)| match &failure {
                Some(error) if fail_at == Some(index + 1) => Err(error.clone()),
                _ => Ok(Item::parse(&value)),
            });
        let is_object = self.fields["object"] != false;
        let options = options(self.size("hwm").or(Some(1)), is_object);
        if self.fields["kind"] == "async" {
            let mut items = items;
            let source = synodic_streams::from_fn(move || {
                let next = items.next().transpose();
                async move {
                    // The end is not yielded, only awaited.
                    if matches!(next, Ok(Some(_))) {
                        super::hop().await;
                    }
                    super::hop().await;
                    next
                }
            });
            Readable::from_source(source, options)
        } else {
            Readable::try_from_iter(items, options)
        }
    }

    /// Streams that were made before, as one.
    fn compose(&self) -> Result<node::Duplex<Item, Item>, String> {
        let parts = self.fields["parts"].as_array().ok_or("no parts")?;
        let parts = parts.iter().map(|name| self.world.get(name));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let duplexes: Vec<_> = parts.iter().filter_map(|any| any.duplex.as_ref()).collect();
        let [first, rest @ ..] = &duplexes[..] else {
            return Err("nothing to compose".to_owned());
        };
        let mut composer = node::compose(first);
        for duplex in rest {
            composer = composer.through(duplex);
        }
        Ok(composer.build(options(None, false), options(None, false)))
    }

    fn call_destroy(&self, error: Option<Error>, done: Done) {
        let code = error.as_ref().map(|error| error.code().to_owned());
        self.world.call_with(&self.name, "destroy", code);
        let failure = error_in(&self.fields["failDestroy"]);
        self.world
            .later(&self.name, self.mode("destroy"), "destroy", move |error| {
                done.complete(error.or(failure).map_or(Ok(()), Err));
            });
    }

    fn call_construct(&self, done: Done) {
        self.world.call(&self.name, "construct");
        let failure = error_in(&self.fields["failConstruct"]);
        self.world.later(
            &self.name,
            self.mode("construct"),
            "construct",
            move |error| {
                done.complete(error.or(failure).map_or(Ok(()), Err));
            },
        );
    }

    fn call_final(&self, done: Done) {
        self.world.call(&self.name, "final");
        let failure = error_in(&self.fields["failFinal"]);
        self.world
            .later(&self.name, self.mode("final"), "final", move |error| {
                done.complete(error.or(failure).map_or(Ok(()), Err));
            });
    }

    fn call_write(&self, hook: &'static str, count: &Cell<usize>, done: Done) {
        count.set(count.get() + 1);
        let plan = &self.fields["failWrite"];
        let fails = plan["at"].as_u64() == Some(count.get() as u64);
        let failure = error_in(&plan["code"]).filter(|_| fails);
        let mode = Mode::parse(&self.fields[hook], Mode::Sync);
        self.world.later(&self.name, mode, hook, move |error| {
            done.complete(error.or(failure).map_or(Ok(()), Err));
        });
    }

    fn call_transform(
        &self,
        count: &Cell<usize>,
        work: &Rc<Function>,
        item: Item,
        out: Readable<Item>,
        done: Done,
    ) {
        count.set(count.get() + 1);
        self.world.call_with(&self.name, "transform", item.plain());
        let fails = self.size("failAt") == Some(count.get());
        let failure = error_in(&self.fields["code"]).filter(|_| fails);
        let mode = Mode::parse(&self.fields["mode"], Mode::Sync);
        let work = Rc::clone(work);
        self.world
            .later(&self.name, mode, "transform", move |error| {
                done.complete(match error.or(failure) {
                    Some(error) => Err(error),
                    None => work.transform(&item, &out),
                });
            });
    }

    fn call_flush(&self, work: &Rc<Function>, out: Readable<Item>, done: Done) {
        self.world.call(&self.name, "flush");
        let mode = Mode::parse(&self.fields["flushMode"], Mode::Sync);
        let mode = match self.fields["flushMode"] {
            Value::Null => Mode::parse(&self.fields["mode"], Mode::Sync),
            _ => mode,
        };
        let fails = self.fields["flush"] == "fail";
        let code = self.fields["flushCode"]
            .as_str()
            .unwrap_or("FLUSH")
            .to_owned();
        let work = Rc::clone(work);
        self.world.later(&self.name, mode, "flush", move |error| {
            done.complete(match error {
                Some(error) => Err(error),
                None if fails => Err(super::world::error(&code)),
                None => work.flush(&out),
            });
        });
    }

    /// What delivers the items of the specification, one a call.
    fn read_hook(&self) -> impl Fn(&Readable<Item>) + 'static {
        let spec = self.clone();
        let source = &self.fields["source"];
        let plan = source.is_object().then(|| {
            let chunks = source["chunks"].as_array().cloned().unwrap_or_default();
            Rc::new(Plan {
                chunks: chunks
                    .iter()
                    .map(Item::parse)
                    .collect::<VecDeque<_>>()
                    .into(),
                calls: Cell::new(0),
                is_busy: Cell::new(false),
                is_sync: source["auto"] == "sync",
                fail_at: source["failAt"].as_u64(),
                failure: error_in(&source["code"]),
                ends: source["end"] != false,
            })
        });
        move |readable| {
            spec.world.call(&spec.name, "read");
            if let Some(plan) = &plan {
                plan.call(readable);
            }
        }
    }
}

/// A source that delivers a chunk for each call.
struct Plan {
    chunks: std::cell::RefCell<VecDeque<Item>>,
    calls: Cell<u64>,
    is_busy: Cell<bool>,
    is_sync: bool,
    fail_at: Option<u64>,
    failure: Option<Error>,
    ends: bool,
}

impl Plan {
    fn call(self: &Rc<Self>, readable: &Readable<Item>) {
        if self.is_busy.replace(true) {
            return;
        }
        if self.is_sync {
            self.deliver(readable);
        } else {
            let (plan, readable) = (Rc::clone(self), readable.clone());
            node::defer(move || plan.deliver(&readable));
        }
    }

    fn deliver(&self, readable: &Readable<Item>) {
        self.is_busy.set(false);
        if self.fail_at == Some(self.calls.get() + 1) {
            self.calls.set(self.calls.get() + 1);
            return readable.destroy(self.failure.clone());
        }
        let next = self.chunks.borrow_mut().pop_front();
        match next {
            Some(item) => {
                self.calls.set(self.calls.get() + 1);
                readable.push(item);
            }
            None if self.ends => readable.push_end(),
            None => {}
        }
    }
}
