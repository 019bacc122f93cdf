//! Which promises were rejected without a handler, and who has been told.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use crate::dispatch::{Called, Ended};
use crate::unwind::{Caught, catch};
use crate::{Handle, Origin, PromiseId, Reason, Rejection};

/// Rejections on their way to the listeners. Section numbers are those of the ordering rules in
/// `conformance/node/ordering/SEMANTICS.md`.
#[derive(Default)]
pub(crate) struct Rejections {
    /// The last promise id given out.
    last_id: Cell<u64>,
    books: RefCell<Books>,
}

#[derive(Default)]
struct Books {
    /// Rejected without a handler and not reported yet, in order. An entry that was handled in
    /// time stays as `None` until the next report.
    pending: Vec<Option<Pending>>,
    /// Where a promise stands in `pending`.
    pending_at: HashMap<PromiseId, usize>,
    /// Reported, and not handled since.
    reported: HashMap<PromiseId, Reason>,
    /// Reported, handled since, and not announced yet.
    late_handled: VecDeque<Rejection>,
}

struct Pending {
    rejection: Rejection,
    /// The promise is gone, so that it cannot be handled late.
    forgotten: bool,
}

/// How a report ended.
pub(crate) enum Reported {
    /// There was nothing to report.
    Nothing,
    /// Listeners ran.
    Some,
    /// A listener threw, or the loop's exception listeners took over.
    Threw,
}

impl Rejections {
    pub(crate) fn next_id(&self) -> PromiseId {
        self.last_id.set(self.last_id.get() + 1);
        PromiseId(self.last_id.get())
    }

    pub(crate) fn rejected(&self, promise: PromiseId, reason: Reason) {
        let books = &mut *self.books.borrow_mut();
        books.pending_at.insert(promise, books.pending.len());
        let rejection = Rejection { reason, promise };
        books.pending.push(Some(Pending {
            rejection,
            forgotten: false,
        }));
    }

    pub(crate) fn handled(&self, promise: PromiseId) {
        let unheard;
        {
            let books = &mut *self.books.borrow_mut();
            unheard = books
                .pending_at
                .remove(&promise)
                .and_then(|at| books.pending[at].take());
            if unheard.is_none()
                && let Some(reason) = books.reported.remove(&promise)
            {
                books.late_handled.push_back(Rejection { reason, promise });
            }
        }
        // A reason's drop may run foreign code, so it happens outside the borrow.
        drop(unheard);
    }

    /// The promise is gone, so that it can get no handler any more.
    pub(crate) fn forget(&self, promise: PromiseId) {
        let reason = {
            let books = &mut *self.books.borrow_mut();
            if let Some(&at) = books.pending_at.get(&promise)
                && let Some(pending) = &mut books.pending[at]
            {
                pending.forgotten = true;
            }
            books.reported.remove(&promise)
        };
        drop(reason);
    }

    /// Drops all reasons.
    pub(crate) fn clear(&self) {
        // Dropped outside of the borrow: a reason may hold anything.
        drop(self.books.take());
    }

    fn next_late_handled(&self) -> Option<Rejection> {
        self.books.borrow_mut().late_handled.pop_front()
    }

    fn take_pending(&self) -> Vec<Option<Pending>> {
        let books = &mut *self.books.borrow_mut();
        books.pending_at.clear();
        std::mem::take(&mut books.pending)
    }

    fn has_pending(&self) -> bool {
        !self.books.borrow().pending_at.is_empty()
    }

    fn is_quiet(&self) -> bool {
        let books = self.books.borrow();
        books.pending.is_empty() && books.late_handled.is_empty()
    }

    /// Returns the reason of an earlier report of the promise, for the caller to drop: an embedder
    /// may report a promise twice.
    fn mark_reported(&self, rejection: &Rejection) -> Option<Reason> {
        let reason = rejection.reason.clone();
        let mut books = self.books.borrow_mut();
        books.reported.insert(rejection.promise, reason)
    }
}

/// The rejection tracker, for embedders whose engine has promises of its own.
impl Handle {
    /// A name for a promise of the embedder's.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_loop::{EventLoop, Reason};
    ///
    /// let mut event_loop = EventLoop::new()?;
    /// let handle = event_loop.handle();
    /// let status = event_loop.run(move || {
    ///     let promise = handle.next_promise_id();
    ///     handle.rejected(promise, Reason::message("nobody listens"));
    /// });
    /// assert_eq!(status.code(), 1);
    /// # Ok::<(), synodic_loop::BuildError>(())
    /// ```
    pub fn next_promise_id(&self) -> PromiseId {
        self.inner().rejections.next_id()
    }

    /// Says that a promise was rejected and has no handler (V8's `kPromiseRejectWithNoHandler`).
    pub fn rejected(&self, promise: PromiseId, reason: Reason) {
        if !self.is_closed() {
            self.inner().rejections.rejected(promise, reason);
        }
    }

    /// Says that a rejected promise got a handler (V8's `kPromiseHandlerAddedAfterReject`).
    pub fn handled(&self, promise: PromiseId) {
        self.inner().rejections.handled(promise);
    }

    /// Says that a promise is gone, so that nothing needs to be remembered of it.
    pub fn forget_promise(&self, promise: PromiseId) {
        self.inner().rejections.forget(promise);
    }

    /// Tells the listeners, when both queues are empty (section 11).
    pub(crate) fn report_rejections(&self) -> Result<Reported, Ended> {
        let rejections = &self.inner().rejections;
        if rejections.is_quiet() {
            return Ok(Reported::Nothing);
        }
        let process = &self.inner().process;
        let mut ran = false;
        while let Some(rejection) = rejections.next_late_handled() {
            ran = true;
            let called = self.call(|| process.handled.emit(&rejection).map(drop));
            match self.dispose(called, rejection)? {
                Called::Returned => {}
                Called::Threw => return Ok(Reported::Threw),
            }
        }
        // Should a listener throw, the rest of the batch is lost, as it is in Node.
        for Pending {
            rejection,
            forgotten,
        } in rejections.take_pending().into_iter().flatten()
        {
            ran = true;
            if !forgotten {
                let before = rejections.mark_reported(&rejection);
                self.dispose(Ok(Called::Returned), before)?;
            }
            match catch(|| process.unhandled.emit(&rejection)) {
                Caught::Returned(true) => {
                    self.dispose(Ok(Called::Returned), rejection)?;
                }
                Caught::Returned(false) => {
                    self.report(rejection.reason, Origin::UnhandledRejection)?;
                }
                Caught::Threw(reason) => {
                    self.report(reason, Origin::UncaughtException)?;
                    return Ok(Reported::Threw);
                }
                Caught::Exit => return Err(Ended),
            }
            self.check_ended()?;
        }
        Ok(if ran || rejections.has_pending() {
            Reported::Some
        } else {
            Reported::Nothing
        })
    }
}
