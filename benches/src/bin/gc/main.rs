//! A heap at work: small objects that die soon, trees, caches and strings.
//!
//! `alloc-24`: an object of 24 bytes is made and forgotten. `barrier`: a pointer is stored in a new
//! object, `barrier-old` in an old one. `binary-trees`: the program of the Benchmarks Game;
//! `binary-trees-mixed`: the same, collecting within the recursion. `gcbench`: Boehm's. `splay`:
//! V8's, a large tree that changes all the time. `lru`: a cache of a million entries.
//! `string-churn`: strings are put together and forgotten.
#![forbid(unsafe_code)]

mod lru;
mod micro;
mod splay;
mod strings;
mod trees;

use synodic_benches::argument;

fn main() {
    let only: String = argument(String::new());
    let cases: [(&str, fn()); 6] = [
        ("micro", micro::run),
        ("trees", trees::run),
        ("gcbench", trees::gcbench),
        ("splay", splay::run),
        ("lru", lru::run),
        ("strings", strings::run),
    ];
    for (name, run) in cases {
        if only.is_empty() || only == name {
            run();
        }
    }
}

/// The same numbers in every program (Marsaglia 2003, xorshift of 32 bits).
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}
