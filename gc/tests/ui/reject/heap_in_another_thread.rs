//! A heap, whose handles may be elsewhere, given to another thread.

use synodic_gc::{GcKind, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    std::thread::spawn(move || heap.gc(GcKind::Full));
}
