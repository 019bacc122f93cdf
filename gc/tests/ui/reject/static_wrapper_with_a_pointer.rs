//! A pointer in the wrapper for values without borrows.

use synodic_gc::{Heap, HeapOptions, Rootable, Static};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| mc.alloc(Static(mc.alloc(1))));
}
