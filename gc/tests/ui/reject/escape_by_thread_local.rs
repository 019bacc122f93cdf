//! A pointer kept in a thread-local variable.

use std::cell::RefCell;

use synodic_gc::{Gc, Heap, HeapOptions, Rootable};

thread_local! {
    static KEPT: RefCell<Option<Gc<'static, i32>>> = const { RefCell::new(None) };
}

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| KEPT.with(|kept| *kept.borrow_mut() = Some(mc.alloc(1))));
}
