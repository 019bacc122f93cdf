//! A million tasks that end when they are first polled, and a thousand that take turns.

use std::time::Instant;

use rival_tokio::report;
use tokio::task::{LocalSet, spawn_local, yield_now};

const COUNT: usize = 1_000_000;

/// Tasks that take turns, and the turns of each.
const TASKS: usize = 1000;

fn main() -> std::io::Result<()> {
    let runtime = rival_tokio::runtime()?;
    let start = Instant::now();
    LocalSet::new().block_on(&runtime, async {
        let tasks: Vec<_> = (0..COUNT)
            .map(|index| spawn_local(async move { index }))
            .collect();
        for task in tasks {
            task.await.expect("the task does not panic");
        }
    });
    report("spawn", start, COUNT);
    let start = Instant::now();
    LocalSet::new().block_on(&runtime, async {
        let tasks: Vec<_> = (0..TASKS).map(|_| spawn_local(take_turns())).collect();
        for task in tasks {
            task.await.expect("the task does not panic");
        }
    });
    report("yield", start, COUNT);
    Ok(())
}

async fn take_turns() {
    for _ in 0..COUNT / TASKS {
        yield_now().await;
    }
}
