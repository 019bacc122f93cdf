//! A pointer in memory that others share.

use std::rc::Rc;

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
struct Holder<'gc> {
    value: Rc<Gc<'gc, i32>>,
}

fn main() {}
