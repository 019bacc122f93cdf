//! Cells at addresses that the barrier does not know.

use synodic_gc::{GcCell, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let cell = GcCell::new(Some(mc.alloc(1)));
        mc.alloc(vec![cell]);
    });
}
