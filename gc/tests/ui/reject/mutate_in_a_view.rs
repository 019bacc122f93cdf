//! A section, at whose end the heap collects, within a view.

use synodic_gc::{Gc, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap =
        Heap::<Rootable![Gc<'_, str>]>::new(HeapOptions::new(), |mc| mc.alloc_str("x")).unwrap();
    heap.view(|_, root| {
        heap.mutate(|_, _| ());
        assert_eq!(&**root, "x");
    });
}
