//! Single operations.

use std::hint::black_box;
use std::time::Instant;

use synodic_benches::report;
use synodic_gc::{Gc, GcCell, GcKind, Heap, HeapOptions, Rootable, Trace};

const COUNT: usize = 20_000_000;

#[derive(Trace)]
struct Small<'gc> {
    next: GcCell<'gc, Option<Gc<'gc, Small<'gc>>>>,
    numbers: [u64; 2],
}

impl Small<'_> {
    fn new(number: u64) -> Self {
        Self {
            next: GcCell::new(None),
            numbers: [number; 2],
        }
    }
}

pub(crate) fn run() {
    type Last<'gc> = GcCell<'gc, Option<Gc<'gc, Small<'gc>>>>;
    let mut heap = Heap::<Rootable![Last<'_>]>::new(HeapOptions::new(), |mc| {
        GcCell::new(Some(mc.alloc(Small::new(0))))
    })
    .expect("room for a heap");
    let start = Instant::now();
    let mut left = COUNT;
    while left > 0 {
        left = heap.mutate(|mc, _| {
            let mut left = left;
            while left > 0 && !mc.gc_pending() {
                black_box(mc.alloc(Small::new(left as u64)));
                left -= 1;
            }
            left
        });
    }
    report("alloc-24", start.elapsed(), COUNT);
    let store = |heap: &mut Heap<Rootable![Last<'_>]>, host_is_old: bool| {
        heap.mutate(|mc, last| {
            let old = last.get().expect("made with the heap");
            let young = mc.alloc(Small::new(1));
            let host = if host_is_old { old } else { young };
            let start = Instant::now();
            for _ in 0..COUNT {
                black_box(host).next.set(mc, Some(black_box(old)));
            }
            start.elapsed()
        })
    };
    let young = store(&mut heap, false);
    report("barrier", young, COUNT);
    heap.gc(GcKind::Full);
    let old = store(&mut heap, true);
    report("barrier-old", old, COUNT);
}
