//! What a block costs: taken, frozen and given back, against a vector of the same size.
//!
//! Prints nanoseconds for each operation, the median of the runs. Judge ratios, not absolutes.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{hint::black_box, sync::mpsc, thread, time::Instant};

use synodic_buffers::{BLOCK_BYTES_DEFAULT, BlockPool, Buffer};

const RUNS: usize = 21;
const OPERATIONS: u32 = 100_000;

fn main() {
    let pool = BlockPool::new();
    report("block, taken and dropped", || drop(black_box(pool.block())));
    report("vector of a block's size", || {
        drop(black_box(Vec::<u8>::with_capacity(BLOCK_BYTES_DEFAULT)));
    });
    report("block, 64 bytes received, frozen", || {
        drop(black_box(received(&pool)));
    });
    report("vector, 64 bytes received, boxed", || {
        let mut bytes = Vec::with_capacity(BLOCK_BYTES_DEFAULT);
        bytes.extend_from_slice(black_box(&[0; 64]));
        drop(black_box(bytes));
    });
    let buffer = received(&pool);
    report("buffer, cloned and dropped", || {
        drop(black_box(buffer.clone()))
    });
    report("buffer, sliced and dropped", || {
        drop(black_box(buffer.slice(1..black_box(9))));
    });
    report("64 bytes copied", || {
        drop(black_box(Buffer::copy_from_slice(black_box(&[0; 64]))));
    });
    report("vector of 64 bytes taken over", || {
        drop(black_box(Buffer::from(black_box(&[0_u8; 64]).to_vec())));
    });
    handed_back(&pool);
}

fn received(pool: &BlockPool) -> Buffer {
    let mut block = pool.block();
    block.put(black_box(&[0; 64]));
    block.into_buffer()
}

/// A thread drops every buffer; the channel to it is part of the figure.
fn handed_back(pool: &BlockPool) {
    let (sender, receiver) = mpsc::sync_channel::<Buffer>(32);
    let reader = thread::spawn(move || receiver.into_iter().for_each(drop));
    report("block, dropped by another thread", || {
        sender.send(received(pool)).expect("the reader runs");
    });
    drop(sender);
    reader.join().expect("the reader ends");
    println!("{:?}", pool.stats());
}

fn report(name: &str, mut operation: impl FnMut()) {
    let mut nanoseconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            (0..OPERATIONS).for_each(|_| operation());
            start.elapsed().as_secs_f64() * 1e9 / f64::from(OPERATIONS)
        })
        .collect();
    nanoseconds.sort_by(f64::total_cmp);
    println!("{name:<36} {:8.1} ns", nanoseconds[RUNS / 2]);
}
