//! Goal: `PollFd` tells of readiness once for what is there, and again for what comes. Method: a
//! pair of sockets, on a real driver and on virtual time.

mod common;

use std::future::poll_fn;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use common::on_real_and_virtual;
use synodic_loop::io::{Canceled, Interest, PollFd};
use synodic_loop::{BlockOnError, RunMode};

fn pair() -> (UnixStream, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (ours, theirs)
}

#[test]
fn a_wait_ends_with_what_is_ready() {
    on_real_and_virtual(|event_loop, _| {
        let done = event_loop.block_on(async {
            let (ours, mut theirs) = pair();
            let ours = PollFd::new(ours);
            let ready = ours.ready(Interest::WRITABLE).await.unwrap();
            assert!(ready.is_writable() && !ready.is_readable());
            theirs.write_all(b"x").unwrap();
            let ready = ours.ready(Interest::READABLE).await.unwrap();
            assert!(ready.is_readable() && !ready.is_closed());
            drop(theirs);
            let ready = ours.ready(Interest::READABLE).await.unwrap();
            assert!(ready.is_readable() && ready.is_closed());
        });
        done.unwrap();
    });
}

#[test]
fn a_change_of_readiness_is_an_event_each_time() {
    on_real_and_virtual(|event_loop, _| {
        let done = event_loop.block_on(async {
            let (ours, mut theirs) = pair();
            let mut ours = PollFd::new(ours);
            for byte in *b"abc" {
                theirs.write_all(&[byte]).unwrap();
                let ready = poll_fn(|cx| ours.poll_event(cx, Interest::READABLE)).await;
                assert!(ready.unwrap().is_readable());
                let mut buffer = [0; 8];
                assert_eq!(ours.get_ref().read(&mut buffer).unwrap(), 1);
                assert_eq!(buffer[0], byte);
            }
        });
        done.unwrap();
    });
}

#[test]
fn a_wait_keeps_the_loop_alive_unless_it_is_unreferenced() {
    on_real_and_virtual(|event_loop, _| {
        let unsettled = event_loop.block_on(async {
            let (ours, _theirs) = pair();
            PollFd::new(ours).ready(Interest::READABLE).unref().await
        });
        assert!(matches!(unsettled, Err(BlockOnError::Unsettled)));
        assert!(!event_loop.run_mode(RunMode::Default));
    });
}

#[test]
fn a_wait_can_be_canceled() {
    on_real_and_virtual(|event_loop, _| {
        let done = event_loop.block_on(async {
            let (ours, _theirs) = pair();
            let ours = PollFd::new(ours);
            let canceled = ours.ready(Interest::READABLE).cancel().await;
            assert!(matches!(canceled, Canceled::Canceled(Err(_))));
            // The descriptor can be watched anew.
            assert!(ours.ready(Interest::WRITABLE).await.is_ok());
        });
        done.unwrap();
    });
}
