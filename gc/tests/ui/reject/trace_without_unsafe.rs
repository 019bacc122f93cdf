//! `Trace` by hand without saying that it is a promise.

use synodic_gc::{Gc, Relocator, Trace, Visitor};

struct Holder<'gc> {
    _value: Gc<'gc, i32>,
}

impl Trace for Holder<'_> {
    const NEEDS_TRACE: bool = false;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    fn trace<V: Visitor>(&self, _: &mut V) {}
    fn relocate<R: Relocator>(&mut self, _: &mut R) {}
}

fn main() {}
