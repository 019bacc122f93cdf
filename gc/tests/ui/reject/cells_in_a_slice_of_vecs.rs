//! Cells in the vectors of a slice.

use synodic_gc::{GcCell, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        mc.alloc_slice(2, |i| vec![GcCell::new(Some(mc.alloc(i)))]);
    });
}
