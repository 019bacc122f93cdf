//! Goal: a loop can live inside of a foreign one. Method: an epoll of the test's own waits on
//! `backend_fd`, and turns the loop when that is readable.

mod common;

use std::io::Write;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use common::Log;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::time::Timespec;
use synodic_loop::io::{Interest, PollFd};
use synodic_loop::{Async, EventLoop, Handle, RunMode, spawn_local};

/// Longer than any of these waits takes; a wait that takes it has failed.
const LIMIT: Duration = Duration::from_secs(20);

/// A foreign loop with ours in it.
struct Foreign {
    epoll: std::os::fd::OwnedFd,
    event_loop: EventLoop,
}

impl Foreign {
    fn new() -> Self {
        let event_loop = EventLoop::new().unwrap();
        let epoll = epoll::create(CreateFlags::CLOEXEC).unwrap();
        // SAFETY: the loop lives as long as this value, and its descriptor with it.
        let fd = unsafe { BorrowedFd::borrow_raw(event_loop.handle().backend_fd().unwrap()) };
        epoll::add(&epoll, fd, EventData::new_u64(0), EventFlags::IN).unwrap();
        Self { epoll, event_loop }
    }

    /// Waits as an embedder does: for the descriptor, at most for the timeout of the loop.
    fn wait_and_turn(&mut self) -> bool {
        let timeout = self.event_loop.handle().backend_timeout();
        self.wait(timeout.unwrap_or(LIMIT));
        self.event_loop.run_mode(RunMode::NoWait)
    }

    /// Whether the descriptor is readable within `timeout`.
    fn wait(&self, timeout: Duration) -> bool {
        let timeout = Timespec::try_from(timeout).unwrap();
        let mut events = [Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        }];
        epoll::wait(&self.epoll, &mut events, Some(&timeout)).unwrap() > 0
    }

    /// Turns until the descriptor is quiet. A loop that has nothing to do gets there at once.
    fn settle(&mut self) {
        for _ in 0..4 {
            self.event_loop.run_mode(RunMode::NoWait);
            if !self.wait(Duration::ZERO) {
                return;
            }
        }
        panic!("the descriptor is readable although there is nothing to do");
    }

    fn turn_until_said(&mut self, log: &Log) -> Vec<&'static str> {
        let start = std::time::Instant::now();
        while start.elapsed() < LIMIT {
            self.wait_and_turn();
            let said = log.take();
            if !said.is_empty() {
                return said;
            }
        }
        panic!("the descriptor of the loop did not tell");
    }
}

#[test]
fn a_post_and_a_signal_of_another_thread_make_the_descriptor_readable() {
    let mut foreign = Foreign::new();
    let (handle, log) = (foreign.event_loop.handle(), Log::default());
    let _alive = handle.keep_alive();
    let signalled = Async::new(&handle, log.word("signalled"));
    for _ in 0..3 {
        foreign.settle();
        let notifier = signalled.notifier();
        let thread = std::thread::spawn(move || notifier.notify());
        assert_eq!(foreign.turn_until_said(&log), ["signalled"]);
        thread.join().unwrap();
    }
    foreign.settle();
    let remote = handle.remote();
    let thread = std::thread::spawn(move || remote.post(|| Handle::current().set_exit_code(3)));
    while handle.exit_code().is_none() {
        foreign.wait_and_turn();
    }
    thread.join().unwrap().unwrap();
}

#[test]
fn an_operation_that_the_last_callback_started_is_heard_of() {
    let mut foreign = Foreign::new();
    let (handle, log) = (foreign.event_loop.handle(), Log::default());
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let say = log.clone();
    // Started in the check phase: the turn has no entry into the kernel after it.
    handle.set_immediate(move || {
        drop(spawn_local(async move {
            let ours = PollFd::new(ours);
            ours.ready(Interest::READABLE).await.unwrap();
            say.say("readable");
        }));
    });
    assert!(foreign.event_loop.run_mode(RunMode::NoWait));
    assert_eq!(handle.backend_timeout(), None);
    foreign.settle();
    theirs.write_all(b"x").unwrap();
    assert_eq!(foreign.turn_until_said(&log), ["readable"]);
}

#[test]
fn a_timer_is_what_the_timeout_is_for() {
    let mut foreign = Foreign::new();
    let (handle, log) = (foreign.event_loop.handle(), Log::default());
    handle.set_timeout(Duration::from_millis(2), log.word("timer"));
    assert!(handle.backend_timeout().unwrap() <= Duration::from_millis(2));
    assert_eq!(foreign.turn_until_said(&log), ["timer"]);
    assert_eq!(
        handle.backend_timeout(),
        Some(Duration::ZERO),
        "nothing is alive"
    );
}

#[test]
fn a_callback_scope_drains_when_it_is_the_outermost() {
    let foreign = Foreign::new();
    let (handle, log) = (foreign.event_loop.handle(), Log::default());
    let outer = (handle.clone(), log.clone());
    handle.callback_scope(move || {
        let (handle, log) = outer;
        handle.queue_microtask(log.word("microtask"));
        handle.next_tick(log.word("tick"));
        let say = log.clone();
        handle.callback_scope(move || say.say("inner"));
        log.say("outer");
    });
    assert_eq!(log.take(), ["inner", "outer", "tick", "microtask"]);
}
