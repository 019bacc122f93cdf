//! The same on gc-arena, which marks and sweeps incrementally between mutations.

use std::hint::black_box;
use std::time::Instant;

use gc_arena::{Arena, Collect, Gc, Mutation, Rootable};
use rival_gc::{COUNT, game, gcbench, report};

#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Tree<'gc> {
    children: Option<(Gc<'gc, Tree<'gc>>, Gc<'gc, Tree<'gc>>)>,
}

type Heap = Arena<Rootable![Option<Gc<'_, Tree<'_>>>]>;

fn build<'gc>(mc: &Mutation<'gc>, depth: u32) -> Gc<'gc, Tree<'gc>> {
    let children = (depth > 0).then(|| (build(mc, depth - 1), build(mc, depth - 1)));
    Gc::new(mc, Tree { children })
}

fn count(tree: &Tree<'_>) -> u32 {
    match tree.children {
        Some((left, right)) => 1 + count(&left) + count(&right),
        None => 1,
    }
}

fn kept(depth: u32) -> Heap {
    Heap::new(|mc| Some(build(mc, depth)))
}

fn finish(heap: Heap) -> u32 {
    heap.mutate(|_, root| root.map_or(0, |tree| count(&tree)))
}

fn main() {
    let mut heap = Heap::new(|_| None);
    let start = Instant::now();
    for first in (0..COUNT).step_by(1000) {
        heap.mutate(|mc, _| {
            for number in first..first + 1000 {
                black_box(Gc::new(mc, [number; 3]));
            }
        });
        heap.collect_debt();
    }
    report("alloc-24", start.elapsed(), COUNT);
    let mut in_turn = |depth| {
        let nodes = heap.mutate(|mc, _| count(&build(mc, depth)));
        heap.collect_debt();
        nodes
    };
    game(kept, &mut in_turn, finish);
    gcbench(kept, &mut in_turn, finish);
}
