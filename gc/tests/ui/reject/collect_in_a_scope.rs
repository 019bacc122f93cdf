//! A collection while a scope has the heap open.

use synodic_gc::{GcKind, Heap, HeapOptions, Rootable, enter};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    enter!(heap => mc, _root);
    let one = mc.alloc(1);
    heap.gc(GcKind::Full);
    assert_eq!(*one, 1);
}
