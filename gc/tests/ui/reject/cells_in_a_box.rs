//! Cells at addresses that the barrier does not know, in a field.

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable, Trace};

#[derive(Trace)]
struct Holder<'gc> {
    cell: Box<GcCell<'gc, Option<Gc<'gc, i32>>>>,
}

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let cell = GcCell::new(Some(mc.alloc(1)));
        mc.alloc(Holder {
            cell: Box::new(cell),
        });
    });
}
