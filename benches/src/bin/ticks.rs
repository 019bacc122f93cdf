//! A million ticks, then a million microtasks, each queued in bulk and then run.
#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use synodic_benches::{COUNT, ROUNDS, report_median};
use synodic_loop::{EventLoop, Handle};

type Enqueue = fn(&Handle, Rc<Rounds>);

fn main() -> Result<(), Box<dyn Error>> {
    measure("tick", |handle, rounds| {
        handle.next_tick(move || rounds.ran())
    })?;
    measure("microtask", |handle, rounds| {
        handle.queue_microtask(move || rounds.ran())
    })?;
    Ok(())
}

/// Times several rounds on one loop.
fn measure(case: &str, enqueue: Enqueue) -> Result<(), Box<dyn Error>> {
    let mut event_loop = EventLoop::new()?;
    let rounds = Rc::new(Rounds {
        handle: event_loop.handle(),
        enqueue,
        ran: Cell::new(0),
        start: Cell::new(Instant::now()),
        done: RefCell::default(),
    });
    event_loop.run(|| Rounds::start(&rounds));
    report_median(case, rounds.done.take());
    Ok(())
}

/// What the callbacks share.
struct Rounds {
    handle: Handle,
    enqueue: Enqueue,
    ran: Cell<usize>,
    start: Cell<Instant>,
    done: RefCell<Vec<Duration>>,
}

impl Rounds {
    fn start(self: &Rc<Self>) {
        self.ran.set(0);
        self.start.set(Instant::now());
        for _ in 0..COUNT {
            (self.enqueue)(&self.handle, Rc::clone(self));
        }
    }

    /// What each callback does; the last one of a round starts the next.
    fn ran(self: &Rc<Self>) {
        self.ran.set(self.ran.get() + 1);
        if self.ran.get() < COUNT {
            return;
        }
        let mut done = self.done.borrow_mut();
        done.push(self.start.get().elapsed());
        if done.len() < ROUNDS {
            let next = Rc::clone(self);
            self.handle.set_immediate(move || next.start());
        }
    }
}
