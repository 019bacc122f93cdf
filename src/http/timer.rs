//! The loop's timers as hyper wants them.
//!
//! Hyper asks for sleeps that are `Send` and `Sync`; the loop's are neither. So the thread keeps
//! them in a table, and hyper gets their numbers. A connection never leaves its thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt;
use synodic_loop::sleep;

thread_local! {
    static SLEEPS: RefCell<Sleeps> = RefCell::default();
}

#[derive(Default)]
struct Sleeps {
    next_id: u64,
    pending: HashMap<u64, synodic_loop::Sleep>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LoopTimer;

impl rt::Timer for LoopTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        let id = SLEEPS.with_borrow_mut(|sleeps| {
            let id = sleeps.next_id;
            sleeps.next_id += 1;
            sleeps.pending.insert(id, sleep(duration));
            id
        });
        Box::pin(LoopSleep { id })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(Instant::now()))
    }
}

#[derive(Debug)]
struct LoopSleep {
    id: u64,
}

impl rt::Sleep for LoopSleep {}

impl Future for LoopSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        SLEEPS.with_borrow_mut(|sleeps| match sleeps.pending.get_mut(&self.id) {
            Some(sleep) => Pin::new(sleep).poll(cx),
            None => Poll::Ready(()),
        })
    }
}

impl Drop for LoopSleep {
    fn drop(&mut self) {
        // While the thread ends, the table may be gone before the connections are.
        let sleep = SLEEPS.try_with(|sleeps| sleeps.borrow_mut().pending.remove(&self.id));
        drop(sleep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rt::Timer;

    fn pending() -> usize {
        SLEEPS.with_borrow(|sleeps| sleeps.pending.len())
    }

    #[test]
    fn a_sleep_ends_in_time_and_leaves_nothing_behind() {
        let mut event_loop = synodic_loop::EventLoop::new().unwrap();
        let start = Instant::now();
        event_loop
            .block_on(async {
                let dropped = LoopTimer.sleep(Duration::from_secs(60));
                assert_eq!(pending(), 1);
                drop(dropped);
                LoopTimer
                    .sleep_until(start + Duration::from_millis(5))
                    .await;
            })
            .unwrap();
        assert!(start.elapsed() >= Duration::from_millis(5));
        assert_eq!(pending(), 0);
    }
}
