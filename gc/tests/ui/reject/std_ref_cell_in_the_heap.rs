//! A cell that has no barrier.

use std::cell::RefCell;

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
struct Holder<'gc> {
    values: RefCell<Vec<Gc<'gc, i32>>>,
}

fn main() {}
