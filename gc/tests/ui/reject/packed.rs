//! A packed type, to whose fields there are no references.

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
#[repr(C, packed)]
struct Tight<'gc> {
    byte: u8,
    pointer: Gc<'gc, i32>,
}

fn main() {}
