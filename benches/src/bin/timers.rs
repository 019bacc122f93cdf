//! A million timeouts: set, cleared before they are due, and all due at once.
//!
//! `insert-D` and `cancel-D` use D distinct durations, which come in turn; in the cases
//! `-mixed` they come in no order. `fire-D` moves a virtual clock until all are due, and times
//! from there until the last callback has run. In `insert-D-armed` the loop has been waiting for
//! an earlier timer before.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use synodic_benches::{COUNT, report};
use synodic_loop::{EventLoop, Handle, Timeout, VirtualClock, clear_timeout, set_timeout};

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

fn main() -> Result<(), Box<dyn Error>> {
    for durations in Durations::ALL {
        EventLoop::new()?.run(move || insert_and_cancel(durations));
        let clock = VirtualClock::new();
        let mut event_loop = EventLoop::builder().virtual_clock(clock.clone()).build()?;
        event_loop.run(move || fire(durations, &clock));
        EventLoop::new()?.run(move || {
            set_timeout(Duration::from_millis(SHORTEST / 2), || {}).unref();
            set_timeout(Duration::from_millis(1), move || insert_armed(durations));
        });
    }
    Ok(())
}

fn insert_and_cancel(durations: Durations) {
    let (timeouts, elapsed) = insert(durations);
    report(&durations.case("insert"), elapsed, COUNT);
    let elapsed = cancel(timeouts);
    report(&durations.case("cancel"), elapsed, COUNT);
}

fn insert_armed(durations: Durations) {
    let (timeouts, elapsed) = insert(durations);
    report(
        &format!("{}-armed", durations.case("insert")),
        elapsed,
        COUNT,
    );
    cancel(timeouts);
}

fn cancel(mut timeouts: Vec<Timeout>) -> Duration {
    let start = Instant::now();
    for timeout in timeouts.drain(..) {
        clear_timeout(timeout);
    }
    start.elapsed()
}

fn insert(durations: Durations) -> (Vec<Timeout>, Duration) {
    let handle = Handle::current();
    let mut timeouts = Vec::with_capacity(COUNT);
    let start = Instant::now();
    for index in 0..COUNT {
        timeouts.push(handle.set_timeout(durations.get(index), || {}));
    }
    (timeouts, start.elapsed())
}

/// What the callbacks of `fire` share.
struct Fire {
    durations: Durations,
    fired: Cell<usize>,
    all_due_at: Cell<Option<Instant>>,
}

impl Fire {
    fn fired(&self) {
        self.fired.set(self.fired.get() + 1);
        if self.fired.get() == COUNT {
            let start = self
                .all_due_at
                .get()
                .expect("no timer runs before main has ended");
            report(&self.durations.case("fire"), start.elapsed(), COUNT);
        }
    }
}

fn fire(durations: Durations, clock: &VirtualClock) {
    let handle = Handle::current();
    let shared = Rc::new(Fire {
        durations,
        fired: Cell::new(0),
        all_due_at: Cell::new(None),
    });
    for index in 0..COUNT {
        let shared = Rc::clone(&shared);
        handle.set_timeout(durations.get(index), move || shared.fired());
    }
    clock.advance(durations.all_due());
    shared.all_due_at.set(Some(Instant::now()));
}
