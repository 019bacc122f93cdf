//! A reference to a value kept in a captured variable.

use synodic_gc::{Gc, GcKind, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let mut kept = None;
    heap.mutate(|mc, ()| kept = Some(Gc::as_ref(mc.alloc(1))));
    heap.gc(GcKind::Full);
    assert_eq!(kept, Some(&1));
}
