//! What the programs of this package share.

use std::time::{Duration, Instant};

/// Depth of the largest tree of `binary-trees`.
pub const DEPTH: u32 = 18;

/// Depth of the tree that `gcbench` keeps.
pub const GCBENCH_DEPTH: u32 = 18;

/// Objects of `alloc-24`.
pub const COUNT: usize = 20_000_000;

/// Prints one line of JSON for a case: nanoseconds for each of `count` operations.
pub fn report(case: &str, elapsed: Duration, count: usize) {
    let ns = elapsed.as_nanos() as f64 / count as f64;
    println!("{{\"case\":\"{case}\",\"ns\":{ns:.3}}}");
}

/// The program of the Benchmarks Game. `keep` builds the tree that stays until `finish` counts it;
/// `count` builds a tree and counts its nodes.
pub fn game<K>(
    keep: impl FnOnce(u32) -> K,
    mut count: impl FnMut(u32) -> u32,
    finish: impl FnOnce(K) -> u32,
) {
    let start = Instant::now();
    let mut nodes = u64::from(count(DEPTH + 1));
    let kept = keep(DEPTH);
    for depth in (4..=DEPTH).step_by(4) {
        for _ in 0..1 << (DEPTH - depth + 4) {
            nodes += u64::from(count(depth));
        }
    }
    nodes += u64::from(finish(kept));
    report("binary-trees", start.elapsed(), nodes as usize);
}

/// Ellis, Kovac and Boehm's, without the array.
pub fn gcbench<K>(
    keep: impl FnOnce(u32) -> K,
    mut count: impl FnMut(u32) -> u32,
    finish: impl FnOnce(K) -> u32,
) {
    let start = Instant::now();
    let kept = keep(GCBENCH_DEPTH);
    let mut nodes = 0;
    for depth in (4..=16).step_by(2) {
        let trees = (1 << (GCBENCH_DEPTH + 2)) / (2 << depth);
        for _ in 0..trees {
            nodes += count(depth) as usize;
        }
    }
    assert_eq!(finish(kept), (2 << GCBENCH_DEPTH) - 1);
    report("gcbench", start.elapsed(), nodes);
}
