//! An unbounded channel from many senders to one receiver.
//!
//! Only [`channel`](fn@channel) has a model in loom; a bounded channel is a
//! [`Mutex`](crate::Mutex), a [`Condvar`](crate::Condvar) and a queue.

#[cfg(synodic_loom)]
pub use loom::sync::mpsc::{Receiver, Sender, channel};
#[cfg(not(synodic_loom))]
pub use std::sync::mpsc::{Receiver, Sender, channel};

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError};
