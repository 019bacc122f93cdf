//! The timers phase (section 6.2 of `conformance/node/ordering/SEMANTICS.md`).

use super::WakeUp;
use super::lists::{First, Head, Running};
use super::order::ListKey;
use crate::closure::Closure;
use crate::dispatch::{Called, Ended};
use crate::handle::Handle;

impl Handle {
    /// Runs due timers as long as the wake-up time has come.
    pub(crate) fn run_node_timers(&self) -> Result<(), Ended> {
        let inner = self.inner();
        while inner
            .timers
            .wake_at
            .get()
            .is_some_and(|w| w.at_ms <= inner.clock.loop_time_ms())
        {
            inner.timers.wake_at.set(None);
            let now_ms = inner.clock.read();
            // After an exception the pass starts again with the same `now`, without a drain.
            while self.timer_pass(now_ms)? == Called::Threw {}
            self.set_wake_up_after_pass(now_ms);
            self.drain()?;
        }
        Ok(())
    }

    fn timer_pass(&self, now_ms: u64) -> Result<Called, Ended> {
        let lists = &self.inner().timers.lists;
        lists.borrow_mut().set_next_expiry(u64::MAX);
        let mut is_first = true;
        loop {
            let first = lists.borrow_mut().first(now_ms);
            let First::Due(list) = first else {
                return Ok(Called::Returned);
            };
            if !is_first && self.drain()? == Called::Threw {
                return Ok(Called::Threw);
            }
            is_first = false;
            if self.run_timer_list(list, now_ms)? == Called::Threw {
                return Ok(Called::Threw);
            }
        }
    }

    fn run_timer_list(&self, list: ListKey, now_ms: u64) -> Result<Called, Ended> {
        let lists = &self.inner().timers.lists;
        let mut is_first = true;
        loop {
            let head = lists.borrow_mut().head(list, now_ms);
            let Head::Due(timer) = head else {
                return Ok(Called::Returned);
            };
            if !is_first && self.drain()? == Called::Threw {
                return Ok(Called::Threw);
            }
            is_first = false;
            // The drain may have cleared the timer; it may also have refreshed it, which is lost.
            let running = lists.borrow_mut().start(timer);
            if let Some(running) = running
                && self.run_timer(running)? == Called::Threw
            {
                return Ok(Called::Threw);
            }
        }
    }

    fn run_timer(&self, running: Running) -> Result<Called, Ended> {
        let Running {
            key,
            callback,
            repeats,
        } = running;
        let mut callback = Some(callback);
        // The start of a repetition is read before the callback, so a period is kept whatever
        // the callback takes.
        let start_ms = repeats.then(|| self.inner().clock.read());
        let called = self.call(|| callback.as_mut().map_or(Ok(()), Closure::call));
        let mut lists = self.inner().timers.lists.borrow_mut();
        let repeat = lists.finish(key, &mut callback);
        let wake_in = match (repeat, start_ms) {
            (true, Some(start_ms)) => lists.insert(key, start_ms),
            _ => None,
        };
        drop(lists);
        self.start_wake_up(wake_in);
        match callback {
            Some(done) if done.has_drop() => self.dispose(called, done),
            _ => called,
        }
    }

    fn set_wake_up_after_pass(&self, now_ms: u64) {
        let inner = self.inner();
        let mut lists = inner.timers.lists.borrow_mut();
        if let First::Later { expiry_ms } = lists.first(now_ms) {
            lists.set_next_expiry(expiry_ms);
            drop(lists);
            let at_ms = expiry_ms.max(inner.clock.loop_time_ms() + 1);
            let start_id = inner.watchers.next_start_id();
            inner.timers.wake_at.set(Some(WakeUp { at_ms, start_id }));
        }
    }
}
