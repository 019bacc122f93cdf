//! A cell that has no barrier.

use std::cell::Cell;

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
struct Holder<'gc> {
    value: Cell<Option<Gc<'gc, i32>>>,
}

fn main() {}
