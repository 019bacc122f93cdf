//! Native recursion that collects on the way.

use synodic_gc::{Gc, GcKind, Heap, HeapOptions, Root, Rootable, Trace};

type Chain<'gc> = Option<Gc<'gc, Link<'gc>>>;

#[derive(Trace)]
struct Link<'gc> {
    next: Chain<'gc>,
}

fn build(heap: &mut Heap<Rootable![()]>, depth: u32) -> Root<Rootable![Chain<'_>]> {
    let next = (depth > 0).then(|| build(heap, depth - 1));
    heap.gc(GcKind::Minor);
    heap.mutate(|mc, ()| {
        let next = next.and_then(|next| next.get(mc));
        mc.root(Some(mc.alloc(Link { next })))
    })
}

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    let chain = build(&mut heap, 10);
    let length =
        heap.view(|view, ()| std::iter::successors(chain.get(view), |link| link.next).count());
    assert_eq!(length, 11);
}
