//! What the transforms of the programs do.

use std::cell::{Cell, RefCell};

use serde_json::Value;
use synodic_streams::Result;
use synodic_streams::node::Readable;

use super::item::Item;
use super::world;

/// One transform's work, and what it remembers.
pub(super) struct Function {
    kind: Kind,
    tail: Vec<Item>,
    text: RefCell<String>,
    sum: Cell<i64>,
    seen: Cell<usize>,
}

#[derive(Clone, Copy)]
enum Kind {
    Identity,
    Double,
    AddOne,
    DropOdd,
    Split2,
    Sum,
    Count,
    JsonLines,
}

impl Function {
    pub(super) fn parse(spec: &Value) -> std::result::Result<Self, String> {
        let kind = match spec["fn"].as_str() {
            None | Some("identity") => Kind::Identity,
            Some("double") => Kind::Double,
            Some("addOne") => Kind::AddOne,
            Some("dropOdd") => Kind::DropOdd,
            Some("split2") => Kind::Split2,
            Some("sum") => Kind::Sum,
            Some("count") => Kind::Count,
            Some("jsonLines") => Kind::JsonLines,
            Some(other) => return Err(format!("no such function: {other}")),
        };
        let tail = spec["tail"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            kind,
            tail: tail.iter().map(Item::parse).collect(),
            text: RefCell::default(),
            sum: Cell::new(0),
            seen: Cell::new(0),
        })
    }

    pub(super) fn transform(&self, item: &Item, out: &Readable<Item>) -> Result<()> {
        match self.kind {
            Kind::Identity => drop(out.push(item.clone())),
            Kind::Double => {
                out.push(item.clone());
                out.push(item.clone());
            }
            Kind::AddOne => {
                let next = match item.number() {
                    Some(number) => (number + 1).into(),
                    None => {
                        let bytes = item.bytes().iter();
                        bytes
                            .map(|byte| byte.wrapping_add(1))
                            .collect::<Vec<_>>()
                            .into()
                    }
                };
                out.push(next);
            }
            Kind::DropOdd => {
                if item.number().is_some_and(|number| number % 2 == 0) {
                    out.push(item.clone());
                }
            }
            Kind::Split2 => {
                for pair in item.bytes().chunks(2) {
                    out.push(pair.to_vec().into());
                }
            }
            Kind::Sum => self.sum.set(self.sum.get() + item.number().unwrap_or(0)),
            Kind::Count => self.seen.set(self.seen.get() + item.bytes().len()),
            Kind::JsonLines => return self.lines(item.bytes(), out),
        }
        Ok(())
    }

    pub(super) fn flush(&self, out: &Readable<Item>) -> Result<()> {
        match self.kind {
            Kind::Sum => drop(out.push(self.sum.get().into())),
            Kind::Count => drop(out.push(vec![(self.seen.get() & 0xff) as u8].into())),
            Kind::JsonLines => return line(&self.text.take(), out),
            _ => {
                for item in &self.tail {
                    out.push(item.clone());
                }
            }
        }
        Ok(())
    }

    fn lines(&self, bytes: &[u8], out: &Readable<Item>) -> Result<()> {
        // The programs' text is Latin-1.
        let letters = bytes.iter().copied().map(char::from);
        self.text.borrow_mut().extend(letters);
        loop {
            let complete = {
                let mut text = self.text.borrow_mut();
                let Some(at) = text.find('\n') else {
                    return Ok(());
                };
                let rest = text.split_off(at + 1);
                std::mem::replace(&mut *text, rest)
            };
            line(&complete, out)?;
        }
    }
}

fn line(text: &str, out: &Readable<Item>) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let value = serde_json::from_str(text).map_err(|_| world::error("BAD_JSON"))?;
    out.push(match value {
        Value::String(text) => Item::Text(text),
        other => Item::Object(other),
    });
    Ok(())
}
