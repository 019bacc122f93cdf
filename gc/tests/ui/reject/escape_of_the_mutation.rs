//! The section itself kept in a captured variable.

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let mut kept = None;
    heap.mutate(|mc, ()| kept = Some(mc));
    kept.unwrap().alloc(1);
}
