//! A pointer kept in a captured variable.

use synodic_gc::{GcKind, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let mut kept = None;
    heap.mutate(|mc, ()| kept = Some(mc.alloc(1)));
    heap.gc(GcKind::Full);
    assert_eq!(kept.as_deref(), Some(&1));
}
