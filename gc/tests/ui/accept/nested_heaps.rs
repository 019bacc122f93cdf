//! Two heaps open at the same time, not mixed.

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable, enter};

type Cell<'gc> = GcCell<'gc, Option<Gc<'gc, i32>>>;

fn main() {
    let mut a =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    let mut b =
        Heap::<Rootable![Cell<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None)).unwrap();
    a.mutate(|ma, ra| {
        b.mutate(|mb, rb| rb.set(mb, Some(mb.alloc(2))));
        ra.set(ma, Some(ma.alloc(1)));
    });
    enter!(a => ma, ra);
    enter!(b => mb, rb);
    let sum = ra.get().map(|x| *x).unwrap_or(0) + rb.get().map(|x| *x).unwrap_or(0);
    assert_eq!(sum, 3);
    assert_eq!(*ma.alloc(1) + *mb.alloc(2), 3);
}
