//! Message ports: two ends of a channel, each with an inbox that the poll phase serves
//! (section 8.3 of the ordering rules in `conformance/node/ordering/SEMANTICS.md`).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::{Rc, Weak};

use crate::Outcome;
use crate::async_handle::{Serve, Waker};
use crate::dispatch::{Called, Ended};
use crate::handle::Handle;
use crate::listeners::Listeners;
use crate::unwind::catch_rejection;

/// A port that is served makes way after this many messages, or as many as waited when it was
/// its turn, if those are more (Node's number).
const MESSAGES_PER_TURN_MIN: usize = 1000;

/// A channel between two ports of one loop.
///
/// # Node
///
/// `MessageChannel`, within one thread. Values are moved, not cloned.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, Handle, MessageChannel};
///
/// let mut event_loop = EventLoop::new()?;
/// event_loop.run(|| {
///     let channel = MessageChannel::new(&Handle::current());
///     let closer = channel.port2.clone();
///     channel.port2.on_message(move |text: &String| {
///         assert_eq!(text, "hello");
///         closer.close();
///     });
///     channel.port1.post("hello".to_owned());
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[derive(Debug)]
pub struct MessageChannel<T: 'static> {
    /// One end.
    pub port1: MessagePort<T>,
    /// The other end.
    pub port2: MessagePort<T>,
}

impl<T: 'static> MessageChannel<T> {
    /// Two ports that are each other's peer. Of ports that are due together, the one that was made
    /// first is served first; here that is `port1`.
    pub fn new(handle: &Handle) -> Self {
        let (port1, port2) = (MessagePort::new(handle), MessagePort::new(handle));
        *port1.0.peer.borrow_mut() = Rc::downgrade(&port2.0);
        *port2.0.peer.borrow_mut() = Rc::downgrade(&port1.0);
        Self { port1, port2 }
    }
}

/// One end of a [`MessageChannel`]. A clone is the same port.
pub struct MessagePort<T: 'static>(Rc<Port<T>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Closing,
    Closed,
}

enum Item<T> {
    Message(T),
    /// The peer has closed.
    Close,
}

struct Port<T: 'static> {
    handle: Handle,
    waker: Rc<Waker>,
    peer: RefCell<Weak<Port<T>>>,
    inbox: RefCell<VecDeque<Item<T>>>,
    stage: Cell<Stage>,
    started: Cell<bool>,
    on_message: Listeners<T>,
    on_close: Listeners<()>,
}

impl<T: 'static> MessagePort<T> {
    fn new(handle: &Handle) -> Self {
        let waker = Waker::new(handle, None);
        // Active from the start; the first listener refs it.
        waker.state.set_refed(false);
        waker.state.set_active(true);
        let port = Rc::new(Port {
            handle: handle.clone(),
            waker: waker.clone(),
            peer: RefCell::new(Weak::new()),
            inbox: RefCell::default(),
            stage: Cell::new(Stage::Open),
            started: Cell::new(false),
            on_message: Listeners::default(),
            on_close: Listeners::default(),
        });
        // What a closed loop is given it would own for ever.
        if !handle.is_closed() {
            waker.set_server(port.clone());
        }
        Self(port)
    }

    /// Sends a value to the other port. Does nothing when either end has closed.
    pub fn post(&self, value: T) {
        let peer = self.0.peer.borrow().upgrade();
        if self.0.stage.get() == Stage::Open
            && let Some(peer) = peer
        {
            peer.receive(Item::Message(value));
        }
    }

    /// Calls `listener` with each message, as one callback of a poll phase. The first listener
    /// starts the port and references it; until then messages wait.
    pub fn on_message<O: Outcome<Value = ()>>(&self, listener: impl FnMut(&T) -> O + 'static) {
        self.0.on_message.add(listener);
        if !self.0.started.replace(true) {
            self.r#ref();
            if !self.0.inbox.borrow().is_empty() {
                self.0.trigger();
            }
        }
    }

    /// Calls `listener` in the close phase in which this port closes, because of
    /// [`close`](Self::close) on either end.
    pub fn on_close<O: Outcome<Value = ()>>(&self, mut listener: impl FnMut() -> O + 'static) {
        self.0.on_close.add(move |()| listener());
    }

    /// Closes both ends: this one in the close phase to come, the other one when it has received
    /// what was posted before. Does nothing when the port is closing.
    pub fn close(&self) {
        self.0.close();
    }

    /// Lets the port keep the loop alive. Does nothing when it is closing.
    pub fn r#ref(&self) -> &Self {
        if self.0.stage.get() == Stage::Open {
            self.0.waker.state.set_refed(true);
        }
        self
    }

    /// Lets the loop end although this port is open.
    pub fn unref(&self) -> &Self {
        if self.0.stage.get() == Stage::Open {
            self.0.waker.state.set_refed(false);
        }
        self
    }

    /// Whether the port is open and keeps the loop alive.
    pub fn has_ref(&self) -> bool {
        self.0.stage.get() == Stage::Open && self.0.waker.state.is_refed()
    }
}

impl<T: 'static> Clone for MessagePort<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> fmt::Debug for MessagePort<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessagePort")
            .field("has_ref", &self.has_ref())
            .finish_non_exhaustive()
    }
}

impl<T: 'static> Port<T> {
    fn receive(&self, item: Item<T>) {
        self.inbox.borrow_mut().push_back(item);
        self.trigger();
    }

    fn trigger(&self) {
        if self.stage.get() == Stage::Open {
            self.waker.trigger();
        }
    }

    fn close(self: &Rc<Self>) {
        if self.stage.get() != Stage::Open {
            return;
        }
        self.stage.set(Stage::Closing);
        self.waker.state.start_closing();
        self.waker.leave();
        let port = self.clone();
        self.handle.push_closing(Box::new(move |handle| {
            port.stage.set(Stage::Closed);
            if let Some(peer) = port.peer.take().upgrade() {
                peer.peer.take();
                peer.receive(Item::Close);
            }
            let outcome = emit(handle, &port.on_close, &());
            handle.dispose(outcome, port.take_all())
        }));
    }

    /// Takes out everything that is not the port's own. Dropping it is up to the caller.
    fn take_all(&self) -> impl Sized + use<T> {
        (
            self.waker.take_server(),
            self.inbox.take(),
            self.on_message.take(),
            self.on_close.take(),
        )
    }

    /// The next item to deliver. Without a listener only the close message is taken.
    fn next_item(&self) -> Option<Item<T>> {
        let mut inbox = self.inbox.borrow_mut();
        match inbox.front()? {
            Item::Message(_) if !self.started.get() => None,
            Item::Message(_) | Item::Close => inbox.pop_front(),
        }
    }
}

impl<T: 'static> Serve for Port<T> {
    fn serve(self: Rc<Self>, handle: &Handle) -> Result<(), Ended> {
        let limit = self.inbox.borrow().len().max(MESSAGES_PER_TURN_MIN);
        for _ in 0..limit {
            if self.stage.get() == Stage::Closed {
                return Ok(());
            }
            match self.next_item() {
                None => return Ok(()),
                Some(Item::Close) => {
                    self.close();
                    return Ok(());
                }
                Some(Item::Message(value)) => {
                    let called = emit(handle, &self.on_message, &value);
                    if handle.dispose(called, value)? == Called::Threw {
                        self.trigger();
                        return Ok(());
                    }
                }
            }
        }
        self.trigger();
        Ok(())
    }

    /// Lets go of what a closed port has no use for: the waker's server is the port itself.
    fn release(&self) {
        drop(self.take_all());
    }
}

/// Calls the listeners of a port, as one callback. What one of them throws is thrown again from a
/// tick of its own, and the others are still called.
fn emit<A>(handle: &Handle, listeners: &Listeners<A>, detail: &A) -> Result<Called, Ended> {
    let listeners = listeners.current();
    handle.dispatch(|| {
        for listener in listeners {
            if let Err(reason) = catch_rejection(|| listener.call(detail)) {
                handle.next_tick(move || Err::<(), _>(reason));
            }
        }
        Ok(())
    })
}
