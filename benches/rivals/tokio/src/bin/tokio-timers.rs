//! A million sleeps: started, dropped before they are due, and all due at once.
//!
//! `insert-D` and `cancel-D` use D distinct durations, which come in turn; in the cases
//! `-mixed` they come in no order. `fire-D` moves the paused clock until all are due, and times
//! from there until the last task has run. In `insert-D-armed` the runtime has been waiting for an
//! earlier timer before: without one, tokio wakes its driver, by a system call, for each of the
//! million.

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

/// The shortest duration.
const SHORTEST: u64 = 1000;

/// Whether the durations come in turn, or in no order, as those of a real program do.
#[derive(Debug, Clone, Copy)]
enum Order {
    InTurn,
    Mixed,
}

/// How many distinct durations there are, and in which order they come.
#[derive(Debug, Clone, Copy)]
struct Durations {
    distinct: u64,
    order: Order,
}

impl Durations {
    /// All four workloads.
    const ALL: [Self; 4] = [
        Self {
            distinct: 5,
            order: Order::InTurn,
        },
        Self {
            distinct: 60_000,
            order: Order::InTurn,
        },
        Self {
            distinct: 5,
            order: Order::Mixed,
        },
        Self {
            distinct: 60_000,
            order: Order::Mixed,
        },
    ];

    fn get(self, index: usize) -> Duration {
        let number = match self.order {
            Order::InTurn => index as u64,
            // Knuth's multiplicative hash: the same in every program.
            Order::Mixed => u64::from((index as u32).wrapping_mul(2_654_435_761) >> 8),
        };
        Duration::from_millis(SHORTEST + number % self.distinct)
    }

    /// By when all are due.
    fn all_due(self) -> Duration {
        Duration::from_millis(SHORTEST + self.distinct + 2)
    }

    fn case(self, job: &str) -> String {
        match self.order {
            Order::InTurn => format!("{job}-{}", self.distinct),
            Order::Mixed => format!("{job}-{}-mixed", self.distinct),
        }
    }
}

fn main() -> std::io::Result<()> {
    for durations in Durations::ALL {
        rival_tokio::runtime()?.block_on(async { insert_and_cancel(durations) });
        rival_tokio::runtime()?.block_on(fire(durations));
        rival_tokio::runtime()?.block_on(async {
            tokio::spawn(sleep(Duration::from_millis(SHORTEST / 2)));
            sleep(Duration::from_millis(1)).await;
            insert(&format!("{}-armed", durations.case("insert")), durations);
        });
    }
    Ok(())
}

fn insert_and_cancel(durations: Durations) {
    let mut sleeps = insert(&durations.case("insert"), durations);
    let start = Instant::now();
    for sleep in sleeps.drain(..) {
        drop(black_box(sleep));
    }
    report(&durations.case("cancel"), start, COUNT);
}

fn insert(case: &str, durations: Durations) -> Vec<Pin<Box<Sleep>>> {
    let mut sleeps = Vec::with_capacity(COUNT);
    let mut context = Context::from_waker(Waker::noop());
    let start = Instant::now();
    for index in 0..COUNT {
        let mut sleep = Box::pin(sleep(durations.get(index)));
        // A sleep is known to the wheel once it has been polled.
        let _ = black_box(sleep.as_mut().poll(&mut context));
        sleeps.push(sleep);
    }
    report(case, start, COUNT);
    sleeps
}

/// What the tasks of `fire` share.
#[derive(Default)]
struct Fire {
    started: AtomicUsize,
    fired: AtomicUsize,
}

async fn fire(durations: Durations) {
    pause();
    let shared = Arc::new(Fire::default());
    for index in 0..COUNT {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let sleep = sleep(durations.get(index));
            bump(&shared.started);
            sleep.await;
            bump(&shared.fired);
        });
    }
    wait_for(&shared.started).await;
    let fired = shared.fired.load(Relaxed);
    assert_eq!(fired, 0, "the clock stands still until then");
    let start = Instant::now();
    advance(durations.all_due()).await;
    wait_for(&shared.fired).await;
    report(&durations.case("fire"), start, COUNT);
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
