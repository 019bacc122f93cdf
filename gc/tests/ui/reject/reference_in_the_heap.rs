//! A reference to a value, which will move.

use synodic_gc::Trace;

#[derive(Trace)]
struct Borrows<'gc> {
    value: &'gc i32,
}

fn main() {}
