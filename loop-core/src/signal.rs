//! Signals of the operating system, as callbacks of the loop.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::rc::Rc;

use synodic_sync::Arc;

use crate::dispatch::{Called, Ended};
use crate::handle::Handle;
use crate::shared::flag::Flag;
use crate::watch::{HandleState, queue_close};
use crate::{Outcome, Reason};

/// A signal that a program can listen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignalKind {
    /// `SIGINT`: Ctrl+C.
    Interrupt,
    /// `SIGTERM`: somebody asks the process to end.
    Terminate,
}

impl SignalKind {
    /// Node's name of the signal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    fn number(self) -> i32 {
        match self {
            Self::Interrupt => libc::SIGINT,
            Self::Terminate => libc::SIGTERM,
        }
    }
}

type Callback = Box<dyn FnMut(SignalKind) -> Result<(), Reason>>;
pub(crate) type Signals = RefCell<VecDeque<Rc<Listener>>>;

/// One signal handle.
pub(crate) struct Listener {
    state: HandleState,
    kind: SignalKind,
    /// Raised by the signal handler.
    flag: Arc<Flag>,
    /// Empty while the callback runs.
    callback: RefCell<Option<Callback>>,
}

/// Calls back when a signal arrives, at the end of a poll phase.
///
/// While a handle for a signal is open, in any loop of the process, the signal's default action
/// does not happen. It comes back neither when the handle closes: a process that has once listened
/// for `SIGTERM` ends by its own decision. Signals that arrive together count once.
///
/// Dropping it closes it.
///
/// # Node
///
/// `process.on("SIGTERM")`, but for one thing: the handle keeps the loop alive, as libuv's does,
/// until [`unref`](Self::unref).
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, Signal, SignalKind};
///
/// let mut event_loop = EventLoop::new()?;
/// let handle = event_loop.handle();
/// let terminate = Signal::new(&handle, SignalKind::Terminate, |_| {})?;
/// terminate.unref();
/// event_loop.run(|| {});
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_signal_t")]
pub struct Signal {
    listener: Rc<Listener>,
    registration: signal_hook_registry::SigId,
}

impl Signal {
    /// Listens for a signal.
    ///
    /// # Errors
    ///
    /// What the system said when the handler was installed.
    pub fn new<O: Outcome<Value = ()>>(
        handle: &Handle,
        kind: SignalKind,
        mut callback: impl FnMut(SignalKind) -> O + 'static,
    ) -> io::Result<Self> {
        let flag = Arc::new(Flag::new());
        let registration = crate::sys::signal::raise_on(
            kind.number(),
            flag.clone(),
            handle.inner().mailbox.clone(),
        )?;
        let callback: Callback = Box::new(move |kind| callback(kind).into_result());
        let listener = Rc::new(Listener {
            state: HandleState::new(handle),
            kind,
            flag,
            callback: RefCell::new(Some(callback)),
        });
        listener.state.set_active(true);
        handle
            .inner()
            .signals
            .borrow_mut()
            .push_back(listener.clone());
        Ok(Self {
            listener,
            registration,
        })
    }

    /// Stops listening; `callback` runs in the close phase. A second call does nothing.
    pub fn close<O: Outcome<Value = ()>>(&self, callback: impl FnOnce() -> O + 'static) {
        if self.listener.state.start_closing() {
            signal_hook_registry::unregister(self.registration);
            let handle = &self.listener.state.handle;
            handle
                .inner()
                .signals
                .borrow_mut()
                .retain(|other| !Rc::ptr_eq(other, &self.listener));
            let unused = self.listener.callback.take();
            drop(unused);
            queue_close(handle, callback);
        }
    }

    /// Lets the handle keep the loop alive, as it does from the start.
    pub fn r#ref(&self) -> &Self {
        self.listener.state.set_refed(true);
        self
    }

    /// Lets the loop end although this handle is open.
    pub fn unref(&self) -> &Self {
        self.listener.state.set_refed(false);
        self
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        if !self.listener.state.is_closing() {
            self.close(|| {});
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("kind", &self.listener.kind)
            .finish_non_exhaustive()
    }
}

impl Handle {
    /// Calls the listeners of signals that have arrived, last in the poll phase.
    pub(crate) fn serve_signals(&self) -> Result<(), Ended> {
        if self.inner().signals.borrow().is_empty() {
            return Ok(());
        }
        let listeners = self.inner().signals.borrow().clone();
        for listener in listeners {
            if !listener.flag.lower() {
                continue;
            }
            let Some(mut callback) = listener.callback.take() else {
                continue;
            };
            let called = self.call(|| callback(listener.kind));
            if listener.state.is_closing() {
                drop(callback);
            } else {
                listener.callback.replace(Some(callback));
            }
            if called? == Called::Returned {
                self.drain()?;
            }
        }
        Ok(())
    }

    /// Whether a signal waits to be served.
    pub(crate) fn has_signal(&self) -> bool {
        self.inner()
            .signals
            .borrow()
            .iter()
            .any(|listener| listener.flag.is_raised())
    }
}
