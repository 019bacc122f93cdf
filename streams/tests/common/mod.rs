//! Stages that note what is done to them, and a small executor.
#![allow(dead_code, reason = "not every test needs everything")]

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
};

use synodic_streams::{Batch, Emit, Error, Result, Sink, Source, Transform};

/// What happened, in order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn destroyed(&self, who: &str, why: Option<&Error>) {
        let why = why.map_or("end".to_owned(), ToString::to_string);
        self.note(format!("{who}: {why}"));
    }
}

/// Counts from one; may fail at a number, and is pending before every other item.
pub(crate) struct Numbers {
    pub(crate) log: Log,
    pub(crate) next: u32,
    pub(crate) last: u32,
    pub(crate) fail_at: Option<u32>,
    pub(crate) is_slow: bool,
    pub(crate) was_pending: bool,
}

impl Numbers {
    pub(crate) fn new(log: &Log, last: u32) -> Self {
        Self {
            log: log.clone(),
            next: 1,
            last,
            fail_at: None,
            is_slow: false,
            was_pending: false,
        }
    }
}

impl Source for Numbers {
    type Item = u32;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<u32>>> {
        if self.is_slow && !std::mem::replace(&mut self.was_pending, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.was_pending = false;
        if self.fail_at == Some(self.next) {
            return Poll::Ready(Err(Error::other("source")));
        }
        let number = self.next;
        self.next += 1;
        Poll::Ready(Ok((number <= self.last).then_some(number)))
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        // Closing takes its time.
        if self.is_slow && !std::mem::replace(&mut self.was_pending, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.log.destroyed("source", why);
        Poll::Ready(Ok(()))
    }
}

/// Passes on, and may fail at a number.
pub(crate) struct Pass {
    pub(crate) log: Log,
    pub(crate) fail_at: Option<u32>,
}

impl Transform for Pass {
    type In = u32;
    type Out = u32;

    fn transform(&mut self, item: u32, out: &mut Emit<'_, u32>) -> Result<()> {
        if self.fail_at == Some(item) {
            return Err(Error::other("transform"));
        }
        out.push(item);
        Ok(())
    }

    fn flush(&mut self, _out: &mut Emit<'_, u32>) -> Result<()> {
        self.log.note("flush");
        Ok(())
    }

    fn destroy(&mut self, why: Option<&Error>) {
        self.log.destroyed("transform", why);
    }
}

/// Collects, and may fail at a number, in finishing or in closing.
pub(crate) struct Collect {
    pub(crate) log: Log,
    pub(crate) items: Vec<u32>,
    pub(crate) fail_at: Option<u32>,
    pub(crate) fails_finish: bool,
    pub(crate) fails_destroy: bool,
}

impl Collect {
    pub(crate) fn new(log: &Log) -> Self {
        Self {
            log: log.clone(),
            items: Vec::new(),
            fail_at: None,
            fails_finish: false,
            fails_destroy: false,
        }
    }
}

impl Sink for Collect {
    type Item = u32;

    fn poll_write(&mut self, _cx: &mut Context<'_>, batch: &mut Batch<u32>) -> Poll<Result<()>> {
        while let Some(item) = batch.pop() {
            if self.fail_at == Some(item) {
                return Poll::Ready(Err(Error::other("sink")));
            }
            self.items.push(item);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_finish(&mut self, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.log.note("finish");
        Poll::Ready(if self.fails_finish {
            Err(Error::other("finish"))
        } else {
            Ok(())
        })
    }

    fn poll_destroy(&mut self, _cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        self.log.destroyed("sink", why);
        Poll::Ready(if self.fails_destroy {
            Err(Error::other("destroy"))
        } else {
            Ok(())
        })
    }
}

/// Polls a future to its end on this thread.
///
/// # Panics
///
/// It waits for something that nobody will bring.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Flag(Mutex<bool>);

    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap() = true;
        }
    }

    let flag = Arc::new(Flag(Mutex::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut future = pin!(future);
    while std::mem::take(&mut *flag.0.lock().unwrap()) {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
    }
    panic!("nobody wakes the future");
}

/// Polls a future to its end, and sleeps while other threads have to do something.
pub(crate) fn wait_for<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}
