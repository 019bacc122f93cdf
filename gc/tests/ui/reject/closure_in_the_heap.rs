//! A closure, whose captures cannot be traced.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let one = mc.alloc(1);
        mc.alloc(move || *one);
    });
}
