//! A collection while pointers are in use.

use synodic_gc::{GcKind, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let one = mc.alloc(1);
        heap.gc(GcKind::Full);
        assert_eq!(*one, 1);
    });
}
