//! A cell changed without a barrier.

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable};

type Cell<'gc> = GcCell<'gc, Option<Gc<'gc, i32>>>;

fn main() {
    let heap = Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    heap.view(|view, root| root.set(view, None));
}
