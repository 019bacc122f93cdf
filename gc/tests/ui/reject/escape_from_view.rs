//! A reference kept from a view.

use synodic_gc::{Gc, GcKind, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap =
        Heap::<Rootable![Gc<'_, str>]>::new(HeapOptions::new(), |mc| mc.alloc_str("x")).unwrap();
    let kept = heap.view(|_, root| Gc::as_ref(*root));
    heap.gc(GcKind::Full);
    assert_eq!(kept, "x");
}
