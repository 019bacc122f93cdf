//! Trees in arenas that are emptied at once: as fast as memory can be had when all dies together.

use std::hint::black_box;
use std::time::Instant;

use bumpalo::Bump;
use rival_gc::{COUNT, game, gcbench, report};

struct Tree<'a> {
    children: Option<(&'a Tree<'a>, &'a Tree<'a>)>,
}

fn build(bump: &Bump, depth: u32) -> &Tree<'_> {
    let children = (depth > 0).then(|| (build(bump, depth - 1), build(bump, depth - 1)));
    bump.alloc(Tree { children })
}

fn count(tree: &Tree<'_>) -> u32 {
    match tree.children {
        Some((left, right)) => 1 + count(left) + count(right),
        None => 1,
    }
}

fn main() {
    let mut bump = Bump::new();
    let start = Instant::now();
    for number in 0..COUNT {
        if number % 50_000 == 0 {
            bump.reset();
        }
        black_box(bump.alloc([number; 3]));
    }
    report("alloc-24", start.elapsed(), COUNT);
    let kept = Bump::new();
    let keep = |depth| build(&kept, depth);
    game(
        keep,
        |depth| {
            bump.reset();
            count(build(&bump, depth))
        },
        count,
    );
    gcbench(
        keep,
        |depth| {
            bump.reset();
            count(build(&bump, depth))
        },
        count,
    );
}
