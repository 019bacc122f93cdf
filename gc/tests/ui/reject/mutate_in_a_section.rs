//! A second section of a heap within the first.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let one = mc.alloc(1);
        heap.mutate(|_, ()| ());
        assert_eq!(*one, 1);
    });
}
