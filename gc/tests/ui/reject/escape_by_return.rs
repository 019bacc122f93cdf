//! A pointer returned from a section.

use synodic_gc::{GcKind, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let kept = heap.mutate(|mc, ()| mc.alloc(1));
    heap.gc(GcKind::Full);
    assert_eq!(*kept, 1);
}
