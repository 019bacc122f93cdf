//! A pointer kept beyond the scope that opened the heap.

use synodic_gc::{GcKind, Heap, HeapOptions, Rootable, enter};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let mut kept = None;
    {
        enter!(heap => mc, _root);
        kept = Some(mc.alloc(1));
    }
    heap.gc(GcKind::Full);
    assert_eq!(kept.as_deref(), Some(&1));
}
