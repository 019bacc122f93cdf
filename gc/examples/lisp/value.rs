//! What a program works with.

use std::collections::HashMap;

use synodic_gc::{Gc, GcRefCell, Mutation, Trace};

/// A name, as a number that `Symbols` knows.
pub(crate) type Symbol = u32;

#[derive(Trace, Clone, Copy)]
pub(crate) enum Value<'gc> {
    /// What `define` returns.
    Nothing,
    Nil,
    Bool(bool),
    Number(i64),
    Symbol(Symbol),
    Pair(Gc<'gc, Pair<'gc>>),
    Closure(Gc<'gc, Closure<'gc>>),
    Builtin(#[trace(static)] Builtin),
}

/// A function of the host.
pub(crate) type Builtin =
    for<'gc> fn(&Mutation<'gc>, &[Value<'gc>]) -> Result<Value<'gc>, &'static str>;

#[derive(Trace)]
pub(crate) struct Pair<'gc> {
    pub(crate) head: Value<'gc>,
    pub(crate) tail: Value<'gc>,
}

#[derive(Trace)]
pub(crate) struct Closure<'gc> {
    pub(crate) parameters: Value<'gc>,
    pub(crate) body: Value<'gc>,
    pub(crate) scope: Scope<'gc>,
}

pub(crate) type Scope<'gc> = Option<Gc<'gc, Binding<'gc>>>;

/// One local variable, and those outside of it.
#[derive(Trace)]
pub(crate) struct Binding<'gc> {
    pub(crate) name: Symbol,
    pub(crate) value: Value<'gc>,
    pub(crate) outer: Scope<'gc>,
}

/// The heap's root.
#[derive(Trace)]
pub(crate) struct Globals<'gc> {
    pub(crate) values: GcRefCell<'gc, HashMap<Symbol, Value<'gc>>>,
}

/// The elements of a list.
pub(crate) fn elements<'gc>(list: Value<'gc>) -> impl Iterator<Item = Value<'gc>> {
    let pair = |value| match value {
        Value::Pair(pair) => Some(pair),
        _ => None,
    };
    std::iter::successors(pair(list), move |cell| pair(cell.tail)).map(|cell| cell.head)
}
