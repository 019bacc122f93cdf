//! The operations of the programs.

use std::future::Future;
use std::rc::Rc;

use serde_json::{Map, Value, json};
use synodic_streams::node::{self, FinishedOptions, Stream};

use super::build::build;
use super::item::{Item, TextDecoder};
use super::operate;
use super::world::{Any, World, code, error_in};

/// What an operation returned, if it returns something.
type Ret = Result<Option<Value>, String>;

/// Runs a program; its steps, as the recording has them.
pub(super) fn execute(streams: &Map<String, Value>, ops: &[Value]) -> Result<Vec<Value>, String> {
    let world = Rc::new(World::default());
    // What is composed is made of others, which come first.
    let is_whole = |spec: &Value| spec["type"] == "compose";
    let (wholes, parts): (Vec<_>, Vec<_>) = streams.iter().partition(|(_, spec)| is_whole(spec));
    for (name, spec) in parts.into_iter().chain(wholes) {
        build(&world, name, spec)?;
    }
    let mut steps = Vec::new();
    for op in ops {
        let mut step = Map::new();
        if let Some(ret) = run(&world, op)? {
            step.insert("ret".to_owned(), ret);
        }
        let is_settle = op[0] == "settle";
        if is_settle {
            node::settle();
        }
        let log = world.log.take();
        if !log.is_empty() {
            step.insert("log".to_owned(), log.into());
        }
        let all = world.streams.borrow().clone();
        let seen = |name: &str| is_settle || op[1] == name;
        let states: Map<_, _> = all
            .iter()
            .filter(|(name, _)| seen(name))
            .map(|(name, any)| (name.clone(), any.state()))
            .collect();
        if !states.is_empty() {
            step.insert("state".to_owned(), states.into());
        }
        steps.push(step.into());
    }
    node::settle();
    Ok(steps)
}

fn run(world: &Rc<World>, op: &Value) -> Ret {
    let name = op[0].as_str().ok_or("an operation has no name")?;
    match name {
        "settle" => Ok(None),
        "abort" => {
            world.controller(text(&op[1])?).abort();
            Ok(None)
        }
        "pipeline" => pipeline(world, &op[1], &op[2]).map(|()| None),
        "complete" => Ok(Some(world.complete(text(&op[1])?, error_in(&op[2])))),
        _ => {
            let any = world.get(&op[1])?;
            on_stream(world, name, text(&op[1])?, &any, op)
        }
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or("a text is missing".to_owned())
}

fn on_stream(world: &Rc<World>, op: &str, name: &str, any: &Any, args: &Value) -> Ret {
    match op {
        "write" | "end" | "cork" | "uncork" => write(world, op, name, any, &args[2]),
        "push" | "pushEnd" | "unshift" | "read" => read(op, any, &args[2]),
        "onData" | "onReadable" | "setEncoding" | "pause" | "resume" => {
            listen(world, op, name, any, &args[2])
        }
        "destroy" => {
            any.stream.destroy(error_in(&args[2]));
            Ok(None)
        }
        "pipe" => {
            let destination = world.get(&args[2])?;
            let destination = destination.writable()?;
            if args[3]["end"] == false {
                any.readable()?.pipe_open(destination);
            } else {
                any.readable()?.pipe(destination);
            }
            Ok(None)
        }
        "unpipe" => {
            match &args[2] {
                Value::Null => any.readable()?.unpipe_all(),
                other => any.readable()?.unpipe(world.get(other)?.writable()?),
            }
            Ok(None)
        }
        "finished" => finished(world, name, any, &args[2]),
        "addSignal" => {
            let signal = world.controller(text(&args[2])?).signal();
            node::add_abort_signal(&signal, &any.stream);
            Ok(None)
        }
        "iterate" => iterate(world, name, any, &args[2]),
        "operate" => operate::operate(world, name, any, &args[2], &args[3]).map(|()| None),
        _ => Err(format!("no such operation: {op}")),
    }
}

fn write(world: &Rc<World>, op: &str, name: &str, any: &Any, item: &Value) -> Ret {
    let writable = any.writable()?;
    match op {
        "write" => {
            any.writes.set(any.writes.get() + 1);
            let (log, owned, count) = (Rc::downgrade(world), name.to_owned(), any.writes.get());
            let more = writable.write_with(Item::parse(item), move |result| {
                if let Some(world) = log.upgrade() {
                    let entry = json!(["cb", owned, "write", count, code(&result)]);
                    world.log.borrow_mut().push(entry);
                }
            });
            return Ok(Some(more.into()));
        }
        "end" => {
            let (log, owned) = (Rc::downgrade(world), name.to_owned());
            let item = (!item.is_null()).then(|| Item::parse(item));
            writable.end_then(item, move |result| {
                if let Some(world) = log.upgrade() {
                    let entry = json!(["cb", owned, "end", code(&result)]);
                    world.log.borrow_mut().push(entry);
                }
            });
        }
        "cork" => writable.cork(),
        _ => writable.uncork(),
    }
    Ok(None)
}

fn read(op: &str, any: &Any, argument: &Value) -> Ret {
    let readable = any.readable()?;
    Ok(match op {
        "push" => Some(readable.push(Item::parse(argument)).into()),
        "pushEnd" => {
            readable.push_end();
            Some(false.into())
        }
        "unshift" => {
            readable.unshift(Item::parse(argument));
            None
        }
        _ => {
            let item = match argument.as_u64() {
                None => readable.read(),
                Some(units) => readable.read_exact(units as usize),
            };
            Some(item.map_or(Value::Null, |item| json!({ "chunk": item.plain() })))
        }
    })
}

fn listen(world: &Rc<World>, op: &str, name: &str, any: &Any, argument: &Value) -> Ret {
    let readable = any.readable()?;
    let (log, owned) = (Rc::downgrade(world), name.to_owned());
    match op {
        "onData" => {
            readable.on_data(move |item| {
                if let Some(world) = log.upgrade() {
                    world.event_with(&owned, "data", item.plain());
                }
            });
        }
        "onReadable" => {
            let (drains, source) = (argument == true, readable.clone());
            readable.on_readable(move || {
                let Some(world) = log.upgrade() else { return };
                world
                    .log
                    .borrow_mut()
                    .push(json!(["dt", owned, "readable"]));
                while drains && let Some(item) = source.read() {
                    world.event_with(&owned, "got", item.plain());
                }
            });
        }
        "setEncoding" => readable.set_decoder(TextDecoder::new(text(argument)?)?),
        "pause" => readable.pause(),
        _ => readable.resume(),
    }
    Ok(None)
}

fn pipeline(world: &Rc<World>, names: &Value, options: &Value) -> Result<(), String> {
    let streams = names.as_array().ok_or("no streams")?;
    let streams = streams
        .iter()
        .map(|name| world.get(name))
        .collect::<Result<Vec<_>, _>>()?;
    let [first, middle @ .., last] = &streams[..] else {
        return Err("a pipeline has two streams at least".to_owned());
    };
    let mut builder = node::pipeline(first.readable()?);
    for any in middle {
        builder = builder.through(any.duplex.as_ref().ok_or("not a duplex")?);
    }
    let mut pipeline = builder.to(last.writable()?);
    if let Some(name) = options["signal"].as_str() {
        pipeline = pipeline.signal(&world.controller(name).signal());
    }
    if options["end"] == false {
        pipeline = pipeline.keep_open();
    }
    report(world, pipeline.run(), |world, result| {
        world.event_with("pipeline", "done", code(&result));
    });
    Ok(())
}

fn finished(world: &Rc<World>, name: &str, any: &Any, given: &Value) -> Ret {
    let mut options = FinishedOptions::new();
    if let Some(yes) = given["readable"].as_bool() {
        options = options.readable(yes);
    }
    if let Some(yes) = given["writable"].as_bool() {
        options = options.writable(yes);
    }
    if given["error"] == false {
        options = options.ignore_errors();
    }
    if let Some(name) = given["signal"].as_str() {
        options = options.signal(&world.controller(name).signal());
    }
    let owned = name.to_owned();
    report(
        world,
        node::finished_with(&any.stream, options),
        move |world, result| {
            world
                .log
                .borrow_mut()
                .push(json!(["ev", "finished", owned, code(&result)]));
        },
    );
    Ok(None)
}

fn iterate(world: &Rc<World>, name: &str, any: &Any, options: &Value) -> Ret {
    let mut items = any.readable()?.items();
    if let Some(yes) = options["destroyOnReturn"].as_bool() {
        items = items.destroy_on_return(yes);
    }
    let stop_at = options["stopAt"].as_u64();
    let throws = options["stop"] == "throw";
    let (world, name) = (Rc::clone(world), name.to_owned());
    let log = move |what: &str, more: Value| {
        let mut entry = vec![json!("ev"), json!("iter"), json!(name), json!(what)];
        entry.extend((!more.is_null()).then_some(more));
        world.log.borrow_mut().push(entry.into());
    };
    node::spawn(async move {
        let mut count = 0;
        while let Some(item) = items.next().await {
            // A `yield`, and the `await` of the loop.
            super::hop().await;
            super::hop().await;
            match item {
                Ok(item) => log("item", item.plain()),
                Err(error) => return log("error", error.code().into()),
            }
            count += 1;
            if stop_at == Some(count) {
                drop(items);
                return if throws {
                    log("error", "ITER".into());
                } else {
                    log("done", Value::Null);
                };
            }
        }
        log("done", Value::Null);
    });
    Ok(None)
}

/// Logs what becomes of a future.
pub(super) fn report<T: 'static>(
    world: &Rc<World>,
    future: impl Future<Output = T> + 'static,
    log: impl FnOnce(&World, T) + 'static,
) {
    let world = Rc::clone(world);
    node::spawn(async move {
        let output = future.await;
        log(&world, output);
    });
}
