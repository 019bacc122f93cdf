//! Cells in a vector whose own cell the barrier knows.

use synodic_gc::{GcCell, GcRefCell, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let cell = GcCell::new(Some(mc.alloc(1)));
        mc.alloc(GcRefCell::new(vec![cell]));
    });
}
