//! A server that runs, and how it ends.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use synodic_loop::{JoinHandle, timeout};

use super::exchange::Exchange;

/// What a server has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests whose head was read and found in order.
    pub read: u64,
    /// Responses to them that were taken to the end by the connection.
    pub answered: u64,
    /// Connections that are open now.
    pub connections: usize,
    /// Connections that were closed at once because too many were open.
    pub dropped: u64,
    /// Times that accepting failed for want of something, such as descriptors (`EMFILE`).
    pub accept_errors: u64,
}

/// A server that runs. Dropping it lets the server run on.
pub struct Serving {
    shared: Rc<Shared>,
    accept: JoinHandle<()>,
}

impl Serving {
    pub(super) fn new(shared: Rc<Shared>, accept: JoinHandle<()>) -> Self {
        Self { shared, accept }
    }

    /// What the server has done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// A view of [`counts`](Self::counts) for a handler.
    pub fn counter(&self) -> impl Fn() -> Counts + 'static {
        let shared = self.shared.clone();
        move || shared.counts()
    }

    /// Ends the server: accepts no more connections, finishes the requests in flight, and closes
    /// each connection after its response. What is not done within `limit` is broken off.
    ///
    /// # Node
    ///
    /// `server.close`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the server closing, without a limit.
    pub async fn shutdown(self, limit: Duration) -> Counts {
        self.accept.abort();
        self.shared.set_stage(Stage::Closing);
        let drained = timeout(limit, poll_fn(|cx| self.shared.poll_drained(cx))).await;
        if drained.is_err() {
            self.shared.set_stage(Stage::Aborted);
            poll_fn(|cx| self.shared.poll_drained(cx)).await;
        }
        self.shared.counts()
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Open,
    Closing,
    Aborted,
}

/// What the connections of a server share with it.
#[derive(Default)]
pub(super) struct Shared {
    stage: Cell<Stage>,
    counts: Cell<Counts>,
    next_id: Cell<u64>,
    exchanges: RefCell<HashMap<u64, Rc<Exchange>>>,
    drained: RefCell<Option<Waker>>,
}

impl Shared {
    fn counts(&self) -> Counts {
        Counts {
            connections: self.exchanges.borrow().len(),
            ..self.counts.get()
        }
    }

    /// Counts something.
    pub(super) fn count(&self, what: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        what(&mut counts);
        self.counts.set(counts);
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage.get()
    }

    pub(super) fn connections(&self) -> usize {
        self.exchanges.borrow().len()
    }

    /// Registers a connection, until the guard is dropped.
    pub(super) fn open(self: &Rc<Self>, exchange: Rc<Exchange>) -> Registered {
        let id = self.next_id.replace(self.next_id.get() + 1);
        self.exchanges.borrow_mut().insert(id, exchange);
        Registered {
            shared: self.clone(),
            id,
        }
    }

    fn set_stage(&self, stage: Stage) {
        self.stage.set(stage);
        let exchanges: Vec<_> = self.exchanges.borrow().values().cloned().collect();
        for exchange in exchanges {
            exchange.wake();
        }
    }

    fn poll_drained(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.exchanges.borrow().is_empty() {
            return Poll::Ready(());
        }
        self.drained.replace(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// A connection that counts as open.
pub(super) struct Registered {
    shared: Rc<Shared>,
    id: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        let exchange = self.shared.exchanges.borrow_mut().remove(&self.id);
        drop(exchange);
        if self.shared.connections() == 0
            && let Some(drained) = self.shared.drained.take()
        {
            drained.wake();
        }
    }
}
