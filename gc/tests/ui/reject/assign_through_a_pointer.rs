//! A field changed without a cell.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let mut one = mc.alloc(1);
        *one = 2;
    });
}
