//! Goal: readiness of any descriptor, once and edge by edge.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use super::*;
use crate::io::{Interest, PollFd};

#[test]
fn a_descriptor_is_reported_ready_when_it_is() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let ours = PollFd::new(ours);
            let ready = ours.ready(Interest::WRITABLE).await.unwrap();
            assert!(ready.is_writable() && !ready.is_readable());
            let op = ours.ready(Interest::READABLE);
            theirs.write_all(b"x").unwrap();
            let ready = op.await.unwrap();
            assert!(ready.is_readable() && !ready.is_closed());
            drop(theirs);
            let ready = ours
                .ready(Interest::READABLE | Interest::WRITABLE)
                .await
                .unwrap();
            assert!(ready.is_closed());
        });
    });
}

#[test]
fn each_edge_is_an_event() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let mut ours = PollFd::new(ours);
            for _ in 0..5 {
                theirs.write_all(b"x").unwrap();
                let ready = poll_fn(|cx| ours.poll_event(cx, Interest::READABLE))
                    .await
                    .unwrap();
                assert!(ready.is_readable());
                (&mut ours.get_ref()).read_exact(&mut [0]).unwrap();
            }
        });
        rig.settle();
    });
}

/// The wait for readiness is canceled like anything else, also when the operation behind it was
/// refused by a descriptor that is non-blocking by itself.
#[test]
fn a_refused_operation_can_be_canceled() {
    on_each_driver(|rig| {
        let (fd, _peer) = pair(rig);
        rustix::io::ioctl_fionbio(&fd, true).unwrap();
        let recv = crate::io::ops::Recv {
            fd,
            buffer: Vec::<u8>::with_capacity(8),
        };
        let op = rig.io.submit(recv);
        rig.turn(Wait::Now);
        rig.turn(Wait::Now);
        assert!(matches!(rig.block_on(op.cancel()), Canceled::Canceled(_)));
    });
}

#[test]
fn polls_of_one_descriptor_do_not_wait_for_each_other() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let ours = PollFd::new(ours);
            let readable = ours.ready(Interest::READABLE);
            assert!(ours.ready(Interest::WRITABLE).await.unwrap().is_writable());
            theirs.write_all(b"x").unwrap();
            assert!(readable.await.unwrap().is_readable());
        });
    });
}
