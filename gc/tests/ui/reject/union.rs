//! A union, of which nobody knows what it holds.

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
union Either<'gc> {
    number: u64,
    pointer: Gc<'gc, i32>,
}

fn main() {}
