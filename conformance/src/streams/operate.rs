//! Chains of operators.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use serde_json::{Value, json};
use synodic_streams::Result as Done;
use synodic_streams::node::Readable;

use super::item::Item;
use super::ops::report;
use super::world::{Any, World, error};

/// Runs a chain and logs what comes of it.
pub(super) fn operate(
    world: &Rc<World>,
    name: &str,
    any: &Any,
    chain: &Value,
    terminal: &Value,
) -> Result<(), String> {
    let flights = Rc::new(Flights::default());
    let mut stream = any.readable()?.clone();
    for stage in chain.as_array().ok_or("no chain")? {
        stream = apply(&stream, &flights, stage)?;
    }
    let name = name.to_owned();
    let work = run(stream, terminal.clone());
    report(world, work, move |world, result| {
        let entry = match result {
            Ok(value) => {
                let most = json!({ "maxInFlight": flights.most.get() });
                json!(["ev", "operate", name, "result", value, most])
            }
            Err(error) => json!(["ev", "operate", name, "error", error.code()]),
        };
        world.log.borrow_mut().push(entry);
    });
    Ok(())
}

/// How many calls run at once.
#[derive(Default)]
struct Flights {
    now: Cell<usize>,
    most: Cell<usize>,
}

/// A call takes as many hops as its argument says.
fn timed<T: 'static>(
    flights: &Rc<Flights>,
    number: i64,
    result: Box<dyn FnOnce() -> Done<T>>,
) -> impl Future<Output = Done<T>> + use<T> {
    let flights = Rc::clone(flights);
    flights.now.set(flights.now.get() + 1);
    flights.most.set(flights.most.get().max(flights.now.get()));
    async move {
        for _ in 0..=number * 7 % 5 {
            super::hop().await;
        }
        flights.now.set(flights.now.get() - 1);
        result()
    }
}

fn number(item: &Item) -> i64 {
    item.number().unwrap_or(0)
}

fn apply(
    stream: &Readable<Item>,
    flights: &Rc<Flights>,
    stage: &Value,
) -> Result<Readable<Item>, String> {
    let (flights, options) = (Rc::clone(flights), stage[1].clone());
    let get = |key: &str| options[key].as_i64().unwrap_or(0);
    let count = get("n");
    let concurrency = get("concurrency").max(1) as usize;
    Ok(match stage[0].as_str().unwrap_or_default() {
        "map" => {
            let factor = get("mul");
            stream.map(concurrency, move |item| {
                let number = number(&item);
                timed(
                    &flights,
                    number,
                    Box::new(move || Ok((number * factor).into())),
                )
            })
        }
        "mapFail" => {
            let (at, code) = (
                get("at"),
                options["code"].as_str().unwrap_or_default().to_owned(),
            );
            stream.map(concurrency, move |item: Item| {
                let (number, code) = (number(&item), code.clone());
                let fails = number == at;
                let result = move || if fails { Err(error(&code)) } else { Ok(item) };
                timed(&flights, number, Box::new(result))
            })
        }
        "filter" => {
            let divisor = get("mod");
            stream.filter(concurrency, move |item| {
                let number = number(item);
                timed(
                    &flights,
                    number,
                    Box::new(move || Ok(number % divisor == 0)),
                )
            })
        }
        "flatMap" => stream.flat_map(concurrency, move |item| {
            let number = number(&item);
            let result = move || {
                Ok((0..count)
                    .map(|digit| (number * 10 + digit).into())
                    .collect::<Vec<Item>>())
            };
            timed(&flights, number, Box::new(result))
        }),
        "take" => stream.take(count as usize),
        "drop" => stream.skip(count as usize),
        other => return Err(format!("no such operator: {other}")),
    })
}

async fn run(stream: Readable<Item>, terminal: Value) -> Done<Value> {
    let get = |key: &str| terminal[1][key].as_i64();
    let (more, less) = (get("gt").unwrap_or(0), get("lt").unwrap_or(0));
    Ok(match terminal[0].as_str().unwrap_or_default() {
        "toArray" => stream.to_vec().await?.iter().map(Item::plain).collect(),
        "reduce" => {
            let sum = async |total: Item, item: Item| Ok((number(&total) + number(&item)).into());
            let total = match get("init") {
                None => stream.reduce(sum).await?,
                Some(initial) => stream.fold(initial.into(), sum).await?,
            };
            total.plain()
        }
        "some" => {
            let is_more = move |item: &Item| std::future::ready(Ok(number(item) > more));
            stream.some(1, is_more).await?.into()
        }
        "every" => {
            let is_less = move |item: &Item| std::future::ready(Ok(number(item) < less));
            stream.every(1, is_less).await?.into()
        }
        "find" => {
            let is_more = move |item: &Item| std::future::ready(Ok(number(item) > more));
            stream
                .find(1, is_more)
                .await?
                .map_or(Value::Null, |item| item.plain())
        }
        _ => {
            let count = Rc::new(Cell::new(0));
            let calls = Rc::clone(&count);
            let note = move |_| {
                calls.set(calls.get() + 1);
                std::future::ready(Ok(()))
            };
            stream.for_each(1, note).await?;
            count.get().into()
        }
    })
}
