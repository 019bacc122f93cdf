//! A million sleeps: started, dropped before they are due, and all due at once.
//!
//! `insert-D` and `cancel-D` use D distinct durations. `fire-5` waits on the real clock;
//! `fire-60000` moves a paused one, because its last duration is a minute. What is timed is
//! from the moment that all are due until the last task has run.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use rival_tokio::report;
use tokio::task::yield_now;
use tokio::time::{Sleep, advance, pause, sleep};

const COUNT: usize = 1_000_000;

/// The shortest duration: longer than it takes to start them all.
const SHORTEST: u64 = 3000;

fn duration(index: usize, distinct: usize) -> Duration {
    Duration::from_millis(SHORTEST + (index % distinct) as u64)
}

fn main() -> std::io::Result<()> {
    for distinct in [5, 60_000] {
        rival_tokio::runtime()?.block_on(async { insert_and_cancel(distinct) });
    }
    rival_tokio::runtime()?.block_on(fire(5, false));
    rival_tokio::runtime()?.block_on(fire(60_000, true));
    Ok(())
}

fn insert_and_cancel(distinct: usize) {
    let mut sleeps: Vec<Pin<Box<Sleep>>> = Vec::with_capacity(COUNT);
    let mut context = Context::from_waker(Waker::noop());
    let start = Instant::now();
    for index in 0..COUNT {
        let mut sleep = Box::pin(sleep(duration(index, distinct)));
        // A sleep is known to the wheel once it has been polled.
        let _ = black_box(sleep.as_mut().poll(&mut context));
        sleeps.push(sleep);
    }
    report(&format!("insert-{distinct}"), start, COUNT);
    let start = Instant::now();
    for sleep in sleeps.drain(..) {
        drop(black_box(sleep));
    }
    report(&format!("cancel-{distinct}"), start, COUNT);
}

async fn fire(distinct: usize, paused: bool) {
    if paused {
        pause();
    }
    let started = Arc::new(AtomicUsize::new(0));
    let fired = Arc::new(AtomicUsize::new(0));
    for index in 0..COUNT {
        let (started, fired) = (Arc::clone(&started), Arc::clone(&fired));
        tokio::spawn(async move {
            let sleep = sleep(duration(index, distinct));
            bump(&started);
            sleep.await;
            bump(&fired);
        });
    }
    wait_for(&started).await;
    let all_started = Instant::now();
    let all_due = duration(distinct - 1, distinct) + Duration::from_millis(2);
    if !paused {
        // Busy, as a program would be that comes late to its timers.
        while all_started.elapsed() < all_due {
            std::hint::spin_loop();
        }
    }
    assert_eq!(
        fired.load(Relaxed),
        0,
        "a timer was due before all were started"
    );
    let start = Instant::now();
    if paused {
        advance(all_due).await;
    }
    wait_for(&fired).await;
    report(&format!("fire-{distinct}"), start, COUNT);
}

/// Counts up by a load and a store: there is one thread.
fn bump(counter: &AtomicUsize) {
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}

async fn wait_for(counter: &AtomicUsize) {
    while counter.load(Relaxed) < COUNT {
        yield_now().await;
    }
}
