//! Goal: nothing is freed while a driver has it, and everything is freed afterwards.

use std::cell::Cell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::*;
use crate::blocking::BlockingJob;
use crate::io::ops::{Nop, ReadAt, Recv};

/// Tells when it is dropped.
pub(super) struct Tattletale(Vec<u8>, Rc<Cell<usize>>);

impl Tattletale {
    pub(super) fn new(drops: &Rc<Cell<usize>>) -> Self {
        Self(Vec::with_capacity(64), drops.clone())
    }
}

impl Tattletale {
    pub(super) fn fill(&mut self, len: usize) {
        self.0.resize(len, 0);
    }
}

impl Drop for Tattletale {
    fn drop(&mut self) {
        self.1.set(self.1.get() + 1);
    }
}

crate::io::tests::buffer_through_field!(Tattletale);

#[test]
fn a_dropped_operation_keeps_its_buffer_until_the_driver_lets_go() {
    on_each_driver(|rig| {
        let (fd, _peer) = pair(rig);
        let drops = Rc::new(Cell::new(0));
        let op = rig.io.submit(Recv {
            fd,
            buffer: Tattletale::new(&drops),
        });
        rig.turn(Wait::Now);
        assert_eq!(rig.io.active_requests(), 1);
        drop(op);
        assert_eq!(rig.io.active_requests(), 0, "nobody waits for it any more");
        assert_eq!(drops.get(), 0, "the driver still has the buffer");
        rig.settle();
        assert_eq!(drops.get(), 1);
    });
}

#[test]
fn a_canceled_operation_gives_its_buffer_back() {
    on_each_driver(|rig| {
        let (fd, _peer) = pair(rig);
        let op = rig.io.submit(Recv {
            fd,
            buffer: Vec::<u8>::with_capacity(100),
        });
        rig.turn(Wait::Now);
        match rig.block_on(op.cancel()) {
            Canceled::Canceled((result, buffer)) => {
                assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::ECANCELED));
                assert!(buffer.capacity() >= 100);
            }
            Canceled::Completed(_) => panic!("nothing was there to receive"),
        }
    });
}

#[test]
fn a_cancellation_that_comes_too_late_loses_no_bytes() {
    on_each_driver(|rig| {
        let (fd, mut peer) = pair(rig);
        let op = rig.io.submit(Recv {
            fd,
            buffer: Vec::with_capacity(100),
        });
        peer.write_all(b"here").unwrap();
        while rig.turn(Wait::Now) == 0 && rig.io.active_requests() == 1 {}
        match rig.block_on(op.cancel()) {
            Canceled::Completed((result, buffer)) => {
                assert_eq!(result.unwrap(), 4);
                assert_eq!(buffer, b"here");
            }
            Canceled::Canceled(_) => panic!("the bytes were received before"),
        }
    });
}

#[test]
fn more_operations_than_the_queue_holds_are_all_canceled() {
    const COUNT: usize = 2000;
    on_each_driver(|rig| {
        let (fd, _peer) = pair(rig);
        let drops = Rc::new(Cell::new(0));
        let ops: Vec<_> = (0..COUNT)
            .map(|_| {
                rig.io.submit(Recv {
                    fd: fd.clone(),
                    buffer: Tattletale::new(&drops),
                })
            })
            .collect();
        drop(ops);
        rig.settle();
        assert_eq!(drops.get(), COUNT);
    });
}

#[test]
fn shutting_down_reaps_everything_and_refuses_what_comes_later() {
    on_each_driver(|rig| {
        let (fd, _peer) = pair(rig);
        let drops = Rc::new(Cell::new(0));
        let recv = || Recv {
            fd: fd.clone(),
            buffer: Tattletale::new(&drops),
        };
        let held = rig.io.submit(recv());
        drop(rig.io.submit(recv()));
        let called = Rc::new(Cell::new(false));
        let witness = called.clone();
        rig.io
            .submit(recv())
            .on_complete(move |_| witness.set(true));
        rig.turn(Wait::Now);
        assert_eq!(rig.io.shutdown(), super::Shutdown::Reaped);
        assert_eq!(rig.io.shutdown(), super::Shutdown::Reaped);
        assert_eq!(
            drops.get(),
            2,
            "only the buffer of the held operation is left"
        );
        assert!(!called.get(), "callbacks do not run after the loop");
        let (result, buffer) = rig.block_on(held);
        assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::ECANCELED));
        drop(buffer);
        let (result, _) = rig.block_on(rig.io.submit(recv()));
        assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::ECANCELED));
    });
}

#[test]
fn a_callback_runs_once_with_the_result() {
    on_each_driver(|rig| {
        let results = Rc::new(Cell::new(0));
        let early = results.clone();
        rig.io.submit(Nop).on_complete(move |result| {
            result.unwrap();
            early.set(early.get() + 1);
        });
        assert_eq!(results.get(), 0, "never inside the submission");
        rig.turn(Wait::Forever);
        assert_eq!(results.get(), 1);
        // An operation that has ended already calls back in the next batch.
        let op = rig.io.submit(Nop);
        rig.turn(Wait::Forever);
        let late = results.clone();
        op.on_complete(move |_| late.set(late.get() + 1));
        assert_eq!(results.get(), 1);
        rig.turn(Wait::Forever);
        assert_eq!(results.get(), 2);
    });
}

#[test]
fn unreferenced_operations_do_not_count() {
    on_each_driver(|rig| {
        let (fd, mut peer) = pair(rig);
        let op = rig
            .io
            .submit(Recv {
                fd,
                buffer: Vec::<u8>::with_capacity(8),
            })
            .unref();
        assert_eq!(rig.io.active_requests(), 0);
        peer.write_all(b"x").unwrap();
        assert_eq!(rig.block_on(op).0.unwrap(), 1);
        assert_eq!(rig.io.active_requests(), 0);
    });
}

#[test]
fn descriptors_return_to_where_they_were() {
    on_each_driver(|rig| {
        let before = open_descriptors();
        for _ in 0..10 {
            let (fd, _peer) = pair(rig);
            drop(rig.io.submit(Recv {
                fd,
                buffer: Vec::<u8>::with_capacity(8),
            }));
        }
        rig.settle();
        // Other tests run beside this one; what it leaks itself would be ten at least.
        assert!(open_descriptors() < before + 10);
    });
}

/// Takes jobs and never does them.
struct Forgetful;

impl BlockingExecutor for Forgetful {
    fn execute(&self, job: BlockingJob) -> Result<(), BlockingJob> {
        std::mem::forget(job);
        Ok(())
    }
}

#[test]
fn what_cannot_be_reaped_in_time_is_leaked_and_reported() {
    let rig = Rig::new(IoOptions {
        choice: DriverChoice::Epoll,
        executor: Some(Arc::new(Forgetful)),
        drop_grace: std::time::Duration::from_millis(1),
        ..IoOptions::default()
    });
    let drops = Rc::new(Cell::new(0));
    let file = std::fs::File::open("/dev/null").unwrap();
    let read = ReadAt {
        fd: SharedFd::new(&rig.io, file.into()),
        buffer: Tattletale::new(&drops),
        offset: 0,
    };
    let op = rig.io.submit(read);
    let leaked = super::Shutdown::Leaked { operations: 1 };
    assert_eq!(rig.io.shutdown(), leaked);
    drop(op);
    drop(rig);
    assert_eq!(
        drops.get(),
        0,
        "a thread may still be reading into the buffer"
    );
}

/// A waker that panics when it is dropped.
struct Touchy;

impl std::task::Wake for Touchy {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Touchy {
    fn drop(&mut self) {
        panic!("a waker's own drop");
    }
}

#[test]
fn a_waker_that_panics_does_not_close_the_driver_under_leaked_operations() {
    let rig = Rig::new(IoOptions {
        choice: DriverChoice::Epoll,
        executor: Some(Arc::new(Forgetful)),
        drop_grace: std::time::Duration::from_millis(1),
        ..IoOptions::default()
    });
    let file = std::fs::File::open("/dev/null").unwrap();
    let op = rig.io.submit(ReadAt {
        fd: SharedFd::new(&rig.io, file.into()),
        buffer: Vec::<u8>::with_capacity(8),
        offset: 0,
    });
    let waker = std::task::Waker::from(Arc::new(Touchy));
    rig.io.wake_when_relieved(waker);
    let driver = format!("/proc/self/fd/{}", rig.io.backend_fd().unwrap());
    let closed = catch_unwind(AssertUnwindSafe(|| rig.io.shutdown()));
    assert!(closed.is_err());
    let still_open = std::fs::read_link(driver).unwrap();
    assert_eq!(still_open.to_str(), Some("anon_inode:[eventpoll]"));
    drop(op);
}

/// Throws jobs away.
struct Careless;

impl BlockingExecutor for Careless {
    fn execute(&self, _: BlockingJob) -> Result<(), BlockingJob> {
        Ok(())
    }
}

#[test]
fn a_job_that_is_thrown_away_ends_its_operation() {
    let rig = Rig::new(IoOptions {
        choice: DriverChoice::Epoll,
        executor: Some(Arc::new(Careless)),
        ..IoOptions::default()
    });
    let file = std::fs::File::open("/dev/null").unwrap();
    let fd = SharedFd::new(&rig.io, file.into());
    let read = ReadAt {
        fd,
        buffer: Vec::<u8>::with_capacity(8),
        offset: 0,
    };
    let (result, _) = rig.block_on(rig.io.submit(read));
    assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::ECANCELED));
}

#[test]
fn more_completions_than_the_queue_holds_all_arrive() {
    for skipped_rungs in 0..RUNGS {
        let rig = Rig::new(IoOptions {
            choice: DriverChoice::IoUring,
            submission_entries: 8,
            completion_entries: 16,
            skipped_rungs,
            ..IoOptions::default()
        });
        let ops: Vec<_> = (0..5000).map(|_| rig.io.submit(Nop)).collect();
        for op in ops {
            rig.block_on(op).unwrap();
        }
        assert_eq!(rig.io.active_requests(), 0);
    }
}
