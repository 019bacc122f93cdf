//! A pointer kept from the closure that makes the root.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut kept = None;
    let _heap =
        Heap::<Rootable![()]>::new(HeapOptions::new(), |mc| kept = Some(mc.alloc(1))).unwrap();
    assert_eq!(kept.as_deref(), Some(&1));
}
