//! A whole type that the collector is told to leave out.

use synodic_gc::{Gc, Heap, HeapOptions, Rootable, Trace};

#[derive(Trace)]
#[trace(static)]
struct Holder<'gc> {
    value: Gc<'gc, i32>,
}

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let value = mc.alloc(1);
        mc.alloc(Holder { value });
    });
}
