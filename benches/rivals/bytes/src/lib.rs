//! What the programs of this package share.

use std::hint::black_box;
use std::time::Instant;

/// Sizes that are allocated.
const SIZES: [usize; 6] = [64, 256, 1024, 4096, 16_384, 65_536];

const COUNT: usize = 1_000_000;

/// Times memory that `job` allocates, writes and gives back.
pub fn time(job: impl Fn(usize)) {
    for size in SIZES {
        let start = Instant::now();
        for _ in 0..COUNT {
            job(black_box(size));
        }
        let ns = start.elapsed().as_nanos() as f64 / COUNT as f64;
        println!("{{\"case\":\"alloc-{size}\",\"ns\":{ns:.3}}}");
    }
}
