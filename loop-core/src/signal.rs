//! Signals of the operating system, as callbacks of the loop.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use synodic_sync::Arc;

use crate::Outcome;
use crate::callback::Callback;
use crate::dispatch::Ended;
use crate::handle::Handle;
use crate::shared::flag::Flag;
use crate::signal_kind::SignalKind;
use crate::watch::{HandleState, Watched, handle_type};

/// The signal handles of one loop.
#[derive(Default)]
pub(crate) struct Signals {
    listeners: RefCell<Vec<Rc<Listener>>>,
    /// Raised after any listener's flag, so that a turn without a signal looks at no listener.
    any: Arc<Flag>,
}

impl Signals {
    /// Whether a signal waits to be served.
    pub(crate) fn is_triggered(&self) -> bool {
        self.any.is_raised()
    }

    /// Drops the callbacks, which may own their handles.
    pub(crate) fn clear(&self) {
        for listener in self.listeners.take() {
            listener.state.set_active(false);
            listener.callback.clear();
        }
    }
}

/// One signal handle.
struct Listener {
    state: HandleState,
    kind: SignalKind,
    /// Raised by the signal handler.
    flag: Arc<Flag>,
    callback: Callback<SignalKind>,
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
/// let terminate = Signal::new(&handle, SignalKind::TERMINATE, |_| {})?;
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
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for `SIGKILL`, `SIGSTOP`, `SIGSEGV`, `SIGILL` and
    /// `SIGFPE`, which cannot be listened for; else what the system said when the handler was
    /// installed.
    pub fn new<O: Outcome<Value = ()>>(
        handle: &Handle,
        kind: SignalKind,
        mut callback: impl FnMut(SignalKind) -> O + 'static,
    ) -> io::Result<Self> {
        if !kind.can_be_heard() {
            let problem = format!("{kind} cannot be listened for");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let inner = handle.inner();
        let flag = Arc::new(Flag::new());
        let flags = [flag.clone(), inner.signals.any.clone()];
        let registration =
            crate::sys::signal::raise_on(kind.number(), flags, inner.mailbox.clone())?;
        let listener = Rc::new(Listener {
            state: HandleState::new(handle),
            kind,
            flag,
            callback: Callback::new(move |kind: &SignalKind| callback(*kind)),
        });
        listener.state.set_active(true);
        inner.signals.listeners.borrow_mut().push(listener.clone());
        Ok(Self {
            listener,
            registration,
        })
    }

    /// The signal that it listens for.
    pub fn kind(&self) -> SignalKind {
        self.listener.kind
    }
}

impl Watched for Signal {
    fn state(&self) -> &HandleState {
        &self.listener.state
    }

    fn release(&self) {
        signal_hook_registry::unregister(self.registration);
        let signals = &self.listener.state.handle.inner().signals;
        signals
            .listeners
            .borrow_mut()
            .retain(|other| !Rc::ptr_eq(other, &self.listener));
        self.listener.callback.clear();
    }
}

handle_type!(Signal);

impl Handle {
    /// Calls the listeners of signals that have arrived, last in the poll phase.
    pub(crate) fn serve_signals(&self) -> Result<(), Ended> {
        let signals = &self.inner().signals;
        // Lowered before the listeners' flags are looked at: what is raised later raises it again.
        if !signals.any.lower() {
            return Ok(());
        }
        let listeners = signals.listeners.borrow().clone();
        for listener in listeners {
            if listener.flag.lower() {
                self.dispatch_kept(&listener.callback, &listener.kind)?;
            }
        }
        Ok(())
    }
}
