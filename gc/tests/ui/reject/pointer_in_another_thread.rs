//! A pointer given to another thread.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let one = mc.alloc(1);
        std::thread::scope(|scope| {
            scope.spawn(move || assert_eq!(*one, 1));
        });
    });
}
