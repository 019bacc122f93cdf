//! Trees that are built and forgotten.

use std::time::Instant;

use synodic_benches::report;
use synodic_gc::{Gc, Heap, HeapOptions, Mutation, Root, Rootable, Trace};

/// Depth of the largest tree.
const DEPTH: u32 = 18;

/// Levels that `binary-trees-mixed` builds without a section around.
const MIXED_LEVELS: u32 = 6;

/// Depth of the tree that `gcbench` keeps.
const GCBENCH_DEPTH: u32 = 18;

#[derive(Trace, Clone, Copy)]
struct Tree<'gc> {
    children: Option<(Gc<'gc, Tree<'gc>>, Gc<'gc, Tree<'gc>>)>,
}

type TreeRoot = Rootable![Gc<'_, Tree<'_>>];
type TreeHeap = Heap<Rootable![()]>;

fn build<'gc>(mc: &Mutation<'gc>, depth: u32) -> Gc<'gc, Tree<'gc>> {
    let children = (depth > 0).then(|| (build(mc, depth - 1), build(mc, depth - 1)));
    mc.alloc(Tree { children })
}

fn count(tree: &Tree<'_>) -> u32 {
    match tree.children {
        Some((left, right)) => 1 + count(&left) + count(&right),
        None => 1,
    }
}

/// Builds the upper levels in sections of their own, with a chance to collect between them.
fn build_mixed(heap: &mut TreeHeap, depth: u32, levels: u32) -> Root<TreeRoot> {
    if depth == 0 || levels == 0 {
        return heap.mutate(|mc, ()| mc.root(build(mc, depth)));
    }
    let left = build_mixed(heap, depth - 1, levels - 1);
    let right = build_mixed(heap, depth - 1, levels - 1);
    heap.mutate(|mc, ()| {
        let children = Some((left.get(mc), right.get(mc)));
        mc.root(mc.alloc(Tree { children }))
    })
}

fn heap() -> TreeHeap {
    Heap::new(HeapOptions::new(), |_| ()).expect("room for a heap")
}

fn game(case: &str, mut job: impl FnMut(&mut TreeHeap, u32) -> u32) {
    let mut heap = heap();
    let start = Instant::now();
    let mut nodes = u64::from(job(&mut heap, DEPTH + 1));
    let kept = build_mixed(&mut heap, DEPTH, MIXED_LEVELS);
    for depth in (4..=DEPTH).step_by(4) {
        for _ in 0..1 << (DEPTH - depth + 4) {
            nodes += u64::from(job(&mut heap, depth));
        }
    }
    nodes += heap.view(|view, ()| u64::from(count(&kept.get(view))));
    report(case, start.elapsed(), nodes as usize);
}

pub(crate) fn run() {
    game("binary-trees", |heap, depth| {
        heap.mutate(|mc, ()| count(&build(mc, depth)))
    });
    game("binary-trees-mixed", |heap, depth| {
        let tree = build_mixed(heap, depth, MIXED_LEVELS.min(depth.saturating_sub(10)));
        heap.view(|view, ()| count(&tree.get(view)))
    });
}

/// Top-down and bottom-up trees beside one that is kept (Ellis, Kovac and Boehm).
pub(crate) fn gcbench() {
    let mut heap = heap();
    let start = Instant::now();
    let kept = build_mixed(&mut heap, GCBENCH_DEPTH, MIXED_LEVELS);
    let array = heap.mutate(|mc, ()| {
        mc.root::<Rootable![Gc<'_, [f64]>]>(mc.alloc_slice(500_000, |i| 1.0 / (i + 1) as f64))
    });
    let mut nodes = 0;
    for depth in (4..=16).step_by(2) {
        let trees = (1 << (GCBENCH_DEPTH + 2)) / (2 << depth);
        for _ in 0..trees {
            nodes += heap.mutate(|mc, ()| count(&build(mc, depth)) as usize);
        }
    }
    heap.view(|view, ()| {
        assert_eq!(count(&kept.get(view)), (2 << GCBENCH_DEPTH) - 1);
        assert_eq!(array.get(view).len(), 500_000);
    });
    report("gcbench", start.elapsed(), nodes);
}
