//! Strings that are put together, kept for a moment, and forgotten.

use std::fmt::Write;
use std::time::Instant;

use synodic_benches::report;
use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable};

/// Strings that are made.
const COUNT: usize = 5_000_000;

/// Strings that are kept, in turn.
const KEPT: usize = 1000;

/// Strings of one section.
const BATCH: usize = 16;

pub(crate) fn run() {
    type Ring<'gc> = Gc<'gc, [GcCell<'gc, Option<Gc<'gc, str>>>]>;
    let mut heap = Heap::<Rootable![Ring<'_>]>::new(HeapOptions::new(), |mc| {
        mc.alloc_slice(KEPT, |_| GcCell::new(None))
    })
    .expect("room for a heap");
    let mut len = 0;
    let mut text = String::new();
    let start = Instant::now();
    for first in (0..COUNT).step_by(BATCH) {
        heap.mutate(|mc, ring| {
            for number in first..first + BATCH {
                let cell = &ring[number % KEPT];
                text.clear();
                write!(text, "key{number}:").expect("a String takes all");
                if let Some(old) = cell.get() {
                    text.push_str(&old[..old.len().min(12)]);
                }
                let made = mc.alloc_str(&text);
                len += made.len();
                cell.set(mc, Some(made));
            }
        });
    }
    report("string-churn", start.elapsed(), COUNT);
    assert_ne!(len, 0);
}
