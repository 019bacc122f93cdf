//! A million tasks that end when they are first polled, and a thousand that take turns.
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Instant;

use synodic_benches::{COUNT, report};
use synodic_loop::{EventLoop, microtask_hop, spawn_local};

/// Tasks that take turns, each so often that they come to [`COUNT`] together.
const TASKS: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut event_loop = EventLoop::new()?;
    let start = Instant::now();
    event_loop.block_on(async {
        let tasks: Vec<_> = (0..COUNT)
            .map(|index| spawn_local(async move { index }))
            .collect();
        for task in tasks {
            task.await.expect("the task does not fail");
        }
    })?;
    report("spawn", start.elapsed(), COUNT);
    let start = Instant::now();
    event_loop.block_on(async {
        let tasks: Vec<_> = (0..TASKS).map(|_| spawn_local(take_turns())).collect();
        for task in tasks {
            task.await.expect("the task does not fail");
        }
    })?;
    report("yield", start.elapsed(), COUNT);
    Ok(())
}

async fn take_turns() {
    for _ in 0..COUNT / TASKS {
        microtask_hop().await;
    }
}
