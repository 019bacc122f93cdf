//! Two heaps opened in one scope and mixed.

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable, enter};

type Cell<'gc> = GcCell<'gc, Option<Gc<'gc, i32>>>;

fn main() {
    let mut a =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    let mut b =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    enter!(a => ma, ra);
    enter!(b => mb, _rb);
    ra.set(ma, Some(mb.alloc(1)));
}
