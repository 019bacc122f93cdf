//! Trees in boxes, freed node by node.

use std::hint::black_box;
use std::time::Instant;

use rival_gc::{COUNT, game, gcbench, report};

struct Tree {
    children: Option<(Box<Tree>, Box<Tree>)>,
}

fn build(depth: u32) -> Box<Tree> {
    let children = (depth > 0).then(|| (build(depth - 1), build(depth - 1)));
    Box::new(Tree { children })
}

fn count(tree: &Tree) -> u32 {
    match &tree.children {
        Some((left, right)) => 1 + count(left) + count(right),
        None => 1,
    }
}

fn main() {
    let start = Instant::now();
    for number in 0..COUNT {
        drop(black_box(Box::new([number; 3])));
    }
    report("alloc-24", start.elapsed(), COUNT);
    game(build, |depth| count(&build(depth)), |tree| count(&tree));
    gcbench(build, |depth| count(&build(depth)), |tree| count(&tree));
}
