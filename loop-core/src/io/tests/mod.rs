//! Goal: operations keep what they own until the driver lets go, on every driver. Method: an
//! [`Io`] turned by hand, without the loop.

mod anywhere;
mod files;
mod limits;
mod names;
mod ownership;
mod positions;
mod readiness;
mod refused;
mod sockets;
mod tcp;
mod waking;

use std::future::Future;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use synodic_sync::{Arc, Mutex, OnceLock};

use super::*;
use crate::sys::ring::RUNGS;

/// Implements the buffer traits through field 0, a `Vec<u8>`.
macro_rules! buffer_through_field {
    ($name:ty) => {
        // SAFETY: the vector's memory stays where it is.
        unsafe impl synodic_buffers::IoBuf for $name {
            fn stable_ptr(&self) -> *const u8 {
                self.0.stable_ptr()
            }
            fn init_len(&self) -> usize {
                self.0.len()
            }
            fn total_len(&self) -> usize {
                self.0.capacity()
            }
        }
        // SAFETY: as above.
        unsafe impl synodic_buffers::IoBufMut for $name {
            fn stable_mut_ptr(&mut self) -> *mut u8 {
                self.0.stable_mut_ptr()
            }
            unsafe fn set_init(&mut self, len: usize) {
                // SAFETY: the caller's promise.
                unsafe { self.0.set_init(len) }
            }
        }
    };
}
pub(super) use buffer_through_field;

/// A mailbox of the plainest sort.
#[derive(Default)]
struct Mail {
    letters: Mutex<Vec<(OpKey, RawResult)>>,
    wake: OnceLock<Arc<EventFd>>,
}

impl CompletionSink for Mail {
    fn complete(&self, key: OpKey, result: RawResult) {
        self.letters.lock().push((key, result));
        self.wake.get().expect("set before any job starts").ring();
    }
}

/// An `Io` and the hand that turns it.
struct Rig {
    io: Rc<Io>,
    mail: Arc<Mail>,
}

impl Rig {
    fn new(options: IoOptions) -> Self {
        let mail = Arc::new(Mail::default());
        let io = Io::new(options, mail.clone()).expect("the driver starts on this machine");
        assert!(mail.wake.set(io.wake_fd()).is_ok());
        Self { io, mail }
    }

    fn turn(&self, wait: Wait) -> usize {
        // As the loop does: what is settled in the pending phase may be what was waited for.
        let wait = if self.io.has_work() { Wait::Now } else { wait };
        self.io.begin_pending_batch();
        let pending = self.run_batch();
        self.io.wait(wait).unwrap();
        for (key, result) in std::mem::take(&mut *self.mail.letters.lock()) {
            self.io.complete(key, result);
        }
        self.io.begin_batch();
        pending + self.run_batch()
    }

    fn run_batch(&self) -> usize {
        let mut events = 0;
        while let Some(event) = self.io.next_event() {
            events += 1;
            event.run().expect("callbacks of these tests throw nothing");
        }
        events
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let before = Io::set_current(Some(self.io.clone()));
        let output = self.drive(future);
        drop(Io::set_current(before));
        output
    }

    fn drive<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            self.turn(Wait::Forever);
        }
    }

    /// Turns until the driver has let go of everything.
    fn settle(&self) {
        while self.io.in_flight() > 0 {
            self.turn(Wait::Forever);
        }
    }
}

/// Runs `test` on each driver, on io_uring also as an old kernel has it.
fn on_each_driver(test: impl Fn(&Rig)) {
    for choice in [DriverChoice::IoUring, DriverChoice::Epoll] {
        test(&Rig::new(IoOptions {
            choice,
            ..IoOptions::default()
        }));
    }
    test(&Rig::new(IoOptions {
        choice: DriverChoice::IoUring,
        skipped_rungs: RUNGS - 1,
        ..IoOptions::default()
    }));
    test(&Rig::new(IoOptions {
        test: true,
        ..IoOptions::default()
    }));
}

/// A connected pair: ours, and the peer's.
fn pair(rig: &Rig) -> (SharedFd, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let ours = listener.accept().unwrap().0;
    (SharedFd::new(&rig.io, OwnedFd::from(ours)), peer)
}

/// A listener for the drivers, and its address.
fn listener(rig: &Rig) -> (SharedFd, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener
        .set_nonblocking(rig.io.info().kind() != DriverKind::IoUring)
        .unwrap();
    let address = listener.local_addr().unwrap();
    (SharedFd::new(&rig.io, OwnedFd::from(listener)), address)
}

/// Open descriptors of this process.
fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
