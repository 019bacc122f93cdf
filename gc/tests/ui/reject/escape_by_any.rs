//! A pointer hidden in a `dyn Any`.

use std::any::Any;

use synodic_gc::{Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let _kept: Box<dyn Any> = heap.mutate(|mc, ()| Box::new(mc.alloc(1)) as Box<dyn Any>);
}
