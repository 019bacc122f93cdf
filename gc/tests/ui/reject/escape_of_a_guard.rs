//! The borrow of a cell kept beyond the section.

use synodic_gc::{Gc, GcKind, GcRefCell, Heap, HeapOptions, Rootable};

fn main() {
    type Names<'gc> = GcRefCell<'gc, Vec<i32>>;
    let mut heap = Heap::<Rootable![Gc<'_, Names<'_>>]>::new(HeapOptions::new(), |mc| {
        mc.alloc(GcRefCell::new(vec![1]))
    })
    .unwrap();
    let kept = heap.mutate(|_, root| Gc::as_ref(*root).borrow());
    heap.gc(GcKind::Full);
    assert_eq!(kept[0], 1);
}
