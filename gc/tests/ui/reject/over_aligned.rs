//! A value with an alignment that objects do not have.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| mc.alloc(1_u128).leading_zeros());
}
