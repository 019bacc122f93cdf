//! Asking for an operation to stop.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use synodic_sync::{Arc, Mutex};

use crate::{Error, ErrorKind};

/// Gives the signal.
///
/// # Examples
///
/// ```
/// use synodic_streams::AbortController;
///
/// let controller = AbortController::new();
/// let signal = controller.signal();
/// assert!(!signal.is_aborted());
/// controller.abort();
/// assert!(signal.is_aborted());
/// ```
#[derive(Debug, Default, Clone)]
pub struct AbortController {
    signal: AbortSignal,
}

/// Says that an operation is to stop; for any number of operations, on any thread.
#[derive(Default, Clone)]
pub struct AbortSignal {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    is_aborted: bool,
    last_key: u64,
    waiting: Vec<(u64, Waker)>,
}

impl AbortController {
    /// One whose signal was not given yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What operations take.
    #[must_use]
    pub fn signal(&self) -> AbortSignal {
        self.signal.clone()
    }

    /// Gives the signal. The second time nothing happens.
    pub fn abort(&self) {
        let waiting = {
            let mut shared = self.signal.shared.lock();
            shared.is_aborted = true;
            std::mem::take(&mut shared.waiting)
        };
        // Without the lock: a waker may do anything.
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

impl AbortSignal {
    /// Whether the signal was given.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.shared.lock().is_aborted
    }

    /// Waits for the signal.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    ///
    /// use synodic_streams::AbortController;
    ///
    /// let controller = AbortController::new();
    /// let signal = controller.signal();
    /// let mut aborted = pin!(signal.aborted());
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(aborted.as_mut().poll(&mut cx).is_pending());
    /// controller.abort();
    /// assert_eq!(aborted.as_mut().poll(&mut cx), Poll::Ready(()));
    /// ```
    #[must_use]
    pub fn aborted(&self) -> Aborted {
        Aborted {
            signal: self.clone(),
            key: None,
        }
    }

    /// What an operation that was stopped reports.
    #[must_use]
    pub fn error(&self) -> Error {
        ErrorKind::Aborted.into()
    }

    /// Has `waker` woken by the signal, at most once; none when the signal was given already.
    pub(crate) fn register(&self, waker: Waker) -> Option<u64> {
        let mut shared = self.shared.lock();
        if shared.is_aborted {
            return None;
        }
        shared.last_key += 1;
        let key = shared.last_key;
        shared.waiting.push((key, waker));
        Some(key)
    }

    pub(crate) fn unregister(&self, key: u64) {
        let mut shared = self.shared.lock();
        let waiting = &mut shared.waiting;
        let at = waiting.iter().position(|(other, _)| *other == key);
        let entry = at.map(|at| waiting.swap_remove(at));
        drop(shared);
        drop(entry);
    }
}

/// What [`AbortSignal::aborted`] returns.
#[derive(Debug)]
pub struct Aborted {
    signal: AbortSignal,
    key: Option<u64>,
}

impl Future for Aborted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(key) = self.key.take() {
            self.signal.unregister(key);
        }
        self.key = self.signal.register(cx.waker().clone());
        match self.key {
            Some(_) => Poll::Pending,
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.signal.unregister(key);
        }
    }
}

impl fmt::Debug for AbortSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortSignal")
            .field("is_aborted", &self.is_aborted())
            .finish_non_exhaustive()
    }
}
