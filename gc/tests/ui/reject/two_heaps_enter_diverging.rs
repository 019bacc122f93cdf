//! The same in a function that never returns, where the end of the scope is never reached.

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
    loop {}
}
