//! A handle to something with code of its own for copying.

use synodic_gc::{Gc, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| mc.root::<Rootable![Vec<Gc<'_, i32>>]>(vec![mc.alloc(1)]));
}
