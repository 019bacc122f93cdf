//! Goal: a result that was known without looking for events is a callback of the pending phase,
//! before idle and prepare handles. Method: one turn, with a handle in each phase that says so.

mod common;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use common::{Log, on_real_and_virtual};
use synodic_loop::io::{Interest, Op, PollFd, Readiness};
use synodic_loop::net::TcpStream;
use synodic_loop::{
    Check, DriverKind, EventLoop, Handle, Idle, Phase, Prepare, RunMode, spawn_local,
};

/// Handles that say their phase in each turn.
struct Markers {
    idle: Idle,
    _prepare: Prepare,
    _check: Check,
}

impl Markers {
    fn new(handle: &Handle, log: &Log) -> Self {
        let (idle, prepare, check) = (Idle::new(handle), Prepare::new(handle), Check::new(handle));
        idle.start(log.word("idle"));
        prepare.start(log.word("prepare"));
        check.start(log.word("check"));
        Self {
            idle,
            _prepare: prepare,
            _check: check,
        }
    }
}

/// The next turn; `word` is said in its pending phase, or in its poll phase.
fn assert_turn(event_loop: &mut EventLoop, log: &Log, word: &'static str, is_pending: bool) {
    log.take();
    event_loop.run_mode(RunMode::NoWait);
    let expected = if is_pending {
        [word, "idle", "prepare", "check"]
    } else {
        ["idle", "prepare", word, "check"]
    };
    assert_eq!(log.take(), expected, "{:?}", event_loop.handle().driver());
}

/// A connection of the loop, and its peer.
fn connection(event_loop: &mut EventLoop) -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let ours = event_loop.block_on(async move { TcpStream::connect(address).await.unwrap() });
    (ours.unwrap(), listener.accept().unwrap().0)
}

/// Operations that have ended, and whose results nobody has asked for.
fn ended<const N: usize>(event_loop: &mut EventLoop) -> [Op<io::Result<Readiness>>; N] {
    let operations = event_loop.block_on(async {
        let watched = PollFd::new(std::os::unix::net::UnixStream::pair().unwrap().0);
        let operations = [0; N].map(|_| watched.ready(Interest::WRITABLE));
        watched.ready(Interest::WRITABLE).await.unwrap();
        operations
    });
    operations.unwrap()
}

#[test]
fn a_send_that_goes_through_at_once_ends_in_the_pending_phase_where_the_driver_tries_at_once() {
    on_real_and_virtual(|event_loop, log| {
        let (ours, _theirs) = connection(event_loop);
        let handle = event_loop.handle();
        let tries_at_once = handle.driver().kind() == DriverKind::Epoll;
        let _markers = Markers::new(&handle, &log);
        let (say, stream) = (log.clone(), ours);
        handle.set_immediate(move || {
            stream.write("x").on_complete(move |(sent, _)| {
                assert_eq!(sent.unwrap(), 1);
                say.say("sent");
            });
        });
        event_loop.run_mode(RunMode::NoWait);
        assert_turn(event_loop, &log, "sent", tries_at_once);
    });
}

#[test]
fn a_connect_that_is_refused_at_once_ends_in_the_pending_phase_where_the_driver_tries_at_once() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let tries_at_once = handle.driver().kind() == DriverKind::Epoll;
        let _markers = Markers::new(&handle, &log);
        let say = log.clone();
        handle.set_immediate(move || {
            drop(spawn_local(async move {
                // No connection can be made with everybody: the kernel says so when it is asked.
                let everybody = SocketAddr::from((Ipv4Addr::BROADCAST, 9));
                assert!(TcpStream::connect(everybody).await.is_err());
                say.say("refused");
            }));
        });
        event_loop.run_mode(RunMode::NoWait);
        assert_turn(event_loop, &log, "refused", tries_at_once);
    });
}

#[test]
fn bytes_that_are_there_already_come_in_the_poll_phase_on_every_driver() {
    on_real_and_virtual(|event_loop, log| {
        let (ours, mut theirs) = connection(event_loop);
        io::Write::write_all(&mut theirs, b"x").unwrap();
        let handle = event_loop.handle();
        let _markers = Markers::new(&handle, &log);
        let say = log.clone();
        handle.set_immediate(move || {
            ours.read(Vec::with_capacity(8))
                .on_complete(move |(read, _)| {
                    assert_eq!(read.unwrap(), 1);
                    say.say("read");
                });
        });
        event_loop.run_mode(RunMode::NoWait);
        assert_turn(event_loop, &log, "read", false);
    });
}

#[test]
fn a_callback_for_an_operation_that_has_ended_is_called_in_the_pending_phase() {
    on_real_and_virtual(|event_loop, log| {
        let (handle, say) = (event_loop.handle(), log.clone());
        let [operation] = ended(event_loop);
        let _markers = Markers::new(&handle, &log);
        operation.on_complete(move |_| say.say("ended"));
        assert_turn(event_loop, &log, "ended", true);
    });
}

#[test]
fn a_result_that_comes_to_be_known_in_a_turn_waits_for_the_next() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let [first, second] = ended(event_loop);
        let markers = Markers::new(&handle, &log);
        let say = log.clone();
        first.on_complete(move |_| {
            say.say("first");
            second.on_complete(move |_| say.say("second"));
        });
        assert_turn(event_loop, &log, "first", true);
        // Known results are no reason to wait, and one that is served ends `Once`.
        markers.idle.stop();
        assert_eq!(handle.backend_timeout(), Some(Duration::ZERO));
        event_loop.run_mode(RunMode::Once);
        assert_eq!(log.take(), ["second", "prepare", "check"]);
    });
}

#[test]
fn the_time_of_the_pending_phase_is_measured() {
    let (mut event_loop, clock) = common::on_virtual_time();
    let handle = event_loop.handle();
    let [operation] = ended(&mut event_loop);
    operation.on_complete(move |_| clock.advance(Duration::from_millis(3)));
    handle.measure_phases(true);
    event_loop.run_mode(RunMode::NoWait);
    let metrics = handle.metrics();
    assert_eq!(metrics.in_phase(Phase::Pending), Duration::from_millis(3));
    assert_eq!(metrics.in_phase(Phase::Poll), Duration::ZERO);
}

#[test]
fn an_ended_operation_without_a_reference_does_not_keep_the_loop_alive_for_its_callback() {
    on_real_and_virtual(|event_loop, log| {
        let [operation] = ended(event_loop);
        let mut say = log.word("ended");
        operation.unref().on_complete(move |_| say());
        assert!(!event_loop.handle().alive());
        event_loop.run_mode(RunMode::NoWait);
        let _alive = event_loop.handle().keep_alive();
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["ended"]);
    });
}
