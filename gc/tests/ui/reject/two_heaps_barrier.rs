//! A cell of one heap set in the section of another, whose barrier knows nothing of it.

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable};

type Cell<'gc> = GcCell<'gc, Option<Gc<'gc, i32>>>;

fn main() {
    let mut a =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    let mut b =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    a.mutate(|ma, ra| b.mutate(|mb, _| ra.set(mb, Some(ma.alloc(1)))));
}
