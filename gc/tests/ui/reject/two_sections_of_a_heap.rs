//! A pointer of one scope used in the next one, after a collection.

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable, enter};

type Cell<'gc> = GcCell<'gc, Option<Gc<'gc, i32>>>;

fn main() {
    let mut heap =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    let mut kept = None;
    loop {
        enter!(heap => mc, root);
        root.set(mc, kept);
        kept = Some(mc.alloc(1));
    }
}
