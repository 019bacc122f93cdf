//! How other threads reach a loop: closures posted, tasks spawned.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use synodic_sync::Arc;

use crate::dispatch::Ended;
use crate::error::{LoopClosed, RemoteJoinError};
use crate::handle::Handle;
use crate::io::{CompletionSink, OpKey};
use crate::join::TaskCanceled;
use crate::shared::mailbox::{Doorbell, Mailbox};
use crate::shared::oneshot::Oneshot;
use crate::sys::{EventFd, RawResult};
use crate::tasks::RemoteWake;
use crate::{Outcome, Reason};

/// Most messages that one turn takes out of the mailbox: threads that post without a pause do not
/// keep the loop from its timers. As many as there are completions in a batch.
const MAIL_PER_TURN_MAX: usize = 1024;

/// What comes to a loop from other threads.
pub(crate) enum Message {
    /// The end of a blocking job.
    Completion(OpKey, RawResult),
    /// A closure to call.
    Call(Box<dyn FnOnce() -> Result<(), Reason> + Send>),
    /// A wake-up of a local task.
    Wake(RemoteWake),
}

/// The mailbox of one loop.
pub(crate) type LoopMailbox = Mailbox<Message, Arc<EventFd>>;

impl Doorbell for Arc<EventFd> {
    fn ring(&self) {
        EventFd::ring(self);
    }
}

impl CompletionSink for LoopMailbox {
    fn complete(&self, key: OpKey, result: RawResult) {
        // A closed loop has settled the job's operation when it shut down.
        let _ = self.post(Message::Completion(key, result));
    }
}

/// A loop, as other threads see it.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, Handle};
///
/// let mut event_loop = EventLoop::new()?;
/// let remote = event_loop.handle().remote();
/// let thread = std::thread::spawn(move || {
///     remote.post(|| -> () { Handle::current().exit(Some(5)) })
/// });
/// let status = event_loop.run(|| {
///     synodic_loop::set_interval(std::time::Duration::from_secs(1), || {});
/// });
/// assert_eq!(status.code(), 5);
/// thread.join().unwrap()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RemoteHandle {
    mailbox: Arc<LoopMailbox>,
}

impl RemoteHandle {
    pub(crate) fn new(mailbox: Arc<LoopMailbox>) -> Self {
        Self { mailbox }
    }

    /// Calls `callback` on the loop's thread, as one callback of a poll phase.
    ///
    /// A post does not keep the loop alive: it is dropped when the loop ends first. One turn serves
    /// at most 1,024 posts, so that timers and I/O have their turn too. How many wait has no bound:
    /// a thread that posts faster than the loop runs has to be held back by the program.
    ///
    /// # Errors
    ///
    /// [`LoopClosed`] when the loop is gone already.
    pub fn post<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce() -> O + Send + 'static,
    ) -> Result<(), LoopClosed> {
        let callback = Box::new(move || callback().into_result());
        self.mailbox
            .post(Message::Call(callback))
            .map_err(|_| LoopClosed)
    }

    /// Starts a task on the loop's thread: `make` is called there and makes the future, which need
    /// not be `Send`.
    ///
    /// # Errors
    ///
    /// [`LoopClosed`] when the loop is gone already.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_loop::{EventLoop, Handle};
    ///
    /// let mut event_loop = EventLoop::new()?;
    /// let remote = event_loop.handle().remote();
    /// let task = remote.spawn(|| async { 6_u32 * 7 })?;
    /// let answer = event_loop.block_on(async {
    ///     // Nothing else keeps the loop alive here.
    ///     let _alive = Handle::current().keep_alive();
    ///     task.await
    /// })?;
    /// assert_eq!(answer?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spawn<M, F>(
        &self,
        make: M,
    ) -> Result<RemoteJoinHandle<<F::Output as Outcome>::Value>, LoopClosed>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Outcome,
        <F::Output as Outcome>::Value: Send,
    {
        let meeting = Arc::new(Oneshot::new());
        let sender = Sender(meeting.clone());
        self.post(move || {
            let task = Handle::current();
            task.start_task(make(), false, move |result| sender.send(result));
        })?;
        Ok(RemoteJoinHandle { meeting })
    }

    /// Whether the loop is gone.
    pub fn is_closed(&self) -> bool {
        self.mailbox.is_closed()
    }
}

impl fmt::Debug for RemoteHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteHandle")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

type Meeting<T> = Oneshot<Result<T, RemoteJoinError>>;

/// The task's side; its drop says that no result will come.
struct Sender<T>(Arc<Meeting<T>>);

impl<T> Sender<T> {
    fn send(&self, result: Result<T, Reason>) {
        self.0.send(result.map_err(|reason| {
            if reason.error_ref::<TaskCanceled>().is_some() {
                RemoteJoinError::Canceled
            } else {
                // A reason stays on its thread; its message can travel.
                RemoteJoinError::Rejected {
                    message: reason.to_string(),
                }
            }
        }));
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Waits for a task on another thread's loop. Any thread, any executor.
///
/// Dropping it lets the task go on alone.
pub struct RemoteJoinHandle<T> {
    meeting: Arc<Meeting<T>>,
}

impl<T> Future for RemoteJoinHandle<T> {
    type Output = Result<T, RemoteJoinError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let result = std::task::ready!(self.meeting.poll(context.waker()));
        Poll::Ready(result.unwrap_or(Err(RemoteJoinError::Canceled)))
    }
}

impl<T> fmt::Debug for RemoteJoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJoinHandle").finish_non_exhaustive()
    }
}

impl Handle {
    /// This loop, for other threads.
    pub fn remote(&self) -> RemoteHandle {
        RemoteHandle::new(self.inner().mailbox.clone())
    }

    /// Takes the completions of blocking jobs to where the driver's are; they are then served
    /// with those, before everything else that came by mail.
    pub(crate) fn sort_mail(&self) {
        let inner = self.inner();
        // What comes while this runs, and what is left, waits for the next poll phase, which does
        // not block then.
        for _ in 0..inner.mailbox.len().min(MAIL_PER_TURN_MAX) {
            match inner.mailbox.take() {
                Some(Message::Completion(key, result)) => inner.io.complete(key, result),
                Some(other) => inner.mail.borrow_mut().push_back(other),
                None => return,
            }
        }
    }

    /// Serves the mail that was sorted, each item as one callback.
    pub(crate) fn serve_mail(&self) -> Result<(), Ended> {
        loop {
            let Some(message) = self.inner().mail.borrow_mut().pop_front() else {
                return Ok(());
            };
            match message {
                Message::Call(callback) => {
                    self.dispatch(callback)?;
                }
                Message::Wake(wake) => {
                    let key = wake.take();
                    self.dispatch(|| self.poll_task(key))?;
                }
                Message::Completion(key, result) => self.inner().io.complete(key, result),
            }
        }
    }
}
