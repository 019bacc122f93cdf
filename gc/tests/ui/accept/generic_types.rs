//! Types with parameters and bounds of their own.

use std::marker::PhantomData;

use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable, Trace};

#[derive(Trace)]
struct Tree<'gc, K: Ord, Tag> {
    key: K,
    children: GcCell<'gc, Option<Gc<'gc, [Gc<'gc, Tree<'gc, K, Tag>>]>>>,
    tag: PhantomData<Tag>,
}

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let tree = mc.alloc(Tree {
            key: 1,
            children: GcCell::new(None),
            tag: PhantomData::<std::rc::Rc<()>>,
        });
        tree.children.set(mc, Some(mc.alloc_slice(1, |_| tree)));
        assert!(Gc::ptr_eq(tree.children.get().unwrap()[0], tree));
    });
}
