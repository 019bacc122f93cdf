//! A handle given a value of another heap.

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable};

type Cell<'gc> = GcCell<'gc, Option<Gc<'gc, i32>>>;

fn main() {
    let mut a =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    let mut b =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    let mut handle = a.mutate(|ma, _| ma.root::<Rootable![Gc<'_, i32>]>(ma.alloc(1)));
    a.mutate(|ma, _| b.mutate(|mb, _| handle.set(ma, mb.alloc(1))));
}
