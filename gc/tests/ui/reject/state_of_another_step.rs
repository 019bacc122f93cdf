//! A pointer of one step used in the next one without going through the state.

use synodic_gc::{Heap, HeapOptions, Rootable, Step};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let mut kept = None;
    heap.run::<Rootable![()], ()>(
        |_, ()| (),
        |mc, (), ()| {
            kept = Some(mc.alloc(1));
            Step::Yield(())
        },
    );
}
