//! An attribute that nobody knows.

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
struct Holder<'gc> {
    #[trace(skip)]
    value: Gc<'gc, i32>,
}

fn main() {}
