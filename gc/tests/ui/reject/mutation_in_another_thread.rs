//! A section given to another thread.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        std::thread::scope(|scope| {
            scope.spawn(|| mc.gc_pending());
        });
    });
}
