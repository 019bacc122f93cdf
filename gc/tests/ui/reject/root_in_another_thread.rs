//! A handle dropped in another thread.

use synodic_gc::{Gc, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let handle = heap.mutate(|mc, ()| mc.root::<Rootable![Gc<'_, i32>]>(mc.alloc(1)));
    std::thread::spawn(move || drop(handle));
}
