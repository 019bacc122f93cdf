//! Goal: sockets behave the same on every driver.

use std::io::{Read, Write};
use std::net::TcpStream;

use socket2::{Domain, Socket, Type};

use super::*;
use crate::io::ops::{
    Accept, AcceptMulti, Accepted, Connect, Recv, RecvMulti, Send, SendVectored, Shutdown,
};
use std::future::poll_fn;

#[test]
fn bytes_come_and_go() {
    on_each_driver(|rig| {
        let (fd, mut peer) = pair(rig);
        peer.write_all(b"ping").unwrap();
        let recv = Recv {
            fd: fd.clone(),
            buffer: Vec::with_capacity(64),
        };
        let (received, buffer) = rig.block_on(rig.io.submit(recv));
        assert_eq!(received.unwrap(), 4);
        assert_eq!(buffer, b"ping");
        let (sent, _) = rig.block_on(rig.io.submit(Send {
            fd: fd.clone(),
            buffer,
        }));
        assert_eq!(sent.unwrap(), 4);
        let buffers = vec![b"a".to_vec(), Vec::new(), b"bc".to_vec()];
        let (sent, _) = rig.block_on(rig.io.submit(SendVectored::new(fd.clone(), buffers)));
        assert_eq!(sent.unwrap(), 3);
        let how = std::net::Shutdown::Write;
        rig.block_on(rig.io.submit(Shutdown { fd, how })).unwrap();
        let mut all = Vec::new();
        peer.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"pingabc");
        assert_eq!(rig.io.active_requests(), 0);
    });
}

#[test]
fn a_receive_waits_for_its_bytes() {
    on_each_driver(|rig| {
        let (fd, mut peer) = pair(rig);
        for round in 0..5 {
            let recv = Recv {
                fd: fd.clone(),
                buffer: Vec::with_capacity(64),
            };
            let op = rig.io.submit(recv);
            rig.turn(Wait::Now);
            peer.write_all(&[round]).unwrap();
            let (received, buffer) = rig.block_on(op);
            assert_eq!(received.unwrap(), 1);
            assert_eq!(buffer, [round]);
        }
        drop(peer);
        let recv = Recv {
            fd,
            buffer: Vec::<u8>::with_capacity(64),
        };
        assert_eq!(rig.block_on(rig.io.submit(recv)).0.unwrap(), 0);
    });
}

/// The peer ends right behind its last bytes: the end is seen although the bytes were short.
#[test]
fn an_end_right_behind_the_bytes_is_seen() {
    on_each_driver(|rig| {
        let (fd, mut peer) = pair(rig);
        let op = rig.io.submit(Recv {
            fd: fd.clone(),
            buffer: Vec::<u8>::with_capacity(64),
        });
        rig.turn(Wait::Now);
        peer.write_all(b"last").unwrap();
        drop(peer);
        assert_eq!(rig.block_on(op).0.unwrap(), 4);
        let recv = Recv {
            fd,
            buffer: Vec::<u8>::with_capacity(64),
        };
        assert_eq!(rig.block_on(rig.io.submit(recv)).0.unwrap(), 0);
    });
}

#[test]
fn a_large_send_waits_for_room() {
    const LEN: usize = 8 << 20;
    on_each_driver(|rig| {
        let (fd, mut peer) = pair(rig);
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all.len()
        });
        let mut left = LEN;
        while left > 0 {
            let buffer = vec![7_u8; left.min(1 << 20)];
            let (sent, _) = rig.block_on(rig.io.submit(Send {
                fd: fd.clone(),
                buffer,
            }));
            left -= sent.unwrap();
        }
        drop(fd);
        assert_eq!(reader.join().unwrap(), LEN);
    });
}

#[test]
fn a_descriptor_that_is_non_blocking_by_itself_still_waits() {
    on_each_driver(|rig| {
        let (fd, mut peer) = pair(rig);
        rustix::io::ioctl_fionbio(&fd, true).unwrap();
        let op = rig.io.submit(Recv {
            fd,
            buffer: Vec::<u8>::with_capacity(64),
        });
        rig.turn(Wait::Now);
        rig.turn(Wait::Now);
        peer.write_all(b"x").unwrap();
        assert_eq!(rig.block_on(op).0.unwrap(), 1);
    });
}

#[test]
fn connects_succeed_and_are_refused() {
    on_each_driver(|rig| {
        let (accepting, address) = listener(rig);
        let connect = |address: std::net::SocketAddr| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket
                .set_nonblocking(rig.io.info().kind() != DriverKind::IoUring)
                .unwrap();
            let fd = SharedFd::new(&rig.io, socket.into());
            let op = rig.io.submit(Connect {
                fd: fd.clone(),
                address: Box::new(address.into()),
            });
            (rig.block_on(op), fd)
        };
        connect(address).0.unwrap();
        drop(accepting);
        let refused = connect(address).0.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_multishot_accept_yields_every_connection() {
    on_each_driver(|rig| {
        if !rig.io.has_multishot() {
            return;
        }
        let (fd, address) = listener(rig);
        let left_over = Accepted::default();
        let mut stream = rig.io.submit_stream(AcceptMulti(Accept {
            fd,
            left_over: left_over.clone(),
        }));
        rig.turn(Wait::Now);
        let peers: Vec<_> = (0..10)
            .map(|_| TcpStream::connect(address).unwrap())
            .collect();
        for _ in &peers {
            let item = rig.block_on(poll_fn(|cx| stream.poll_next(cx))).unwrap();
            drop(crate::io::ops::accepted(item.result).unwrap());
        }
        let late = TcpStream::connect(address).unwrap();
        rig.turn(Wait::Forever);
        assert_eq!(stream.queue_len(), 1);
        drop(stream);
        assert_eq!(left_over.len(), 1, "a connection that nobody took is kept");
        rig.settle();
        drop(late);
    });
}

#[test]
fn an_accept_that_lost_its_future_hands_its_connection_on() {
    on_each_driver(|rig| {
        let (fd, address) = listener(rig);
        let left_over = Accepted::default();
        let op = rig.io.submit(Accept {
            fd,
            left_over: left_over.clone(),
        });
        rig.turn(Wait::Now);
        let _peer = TcpStream::connect(address).unwrap();
        while rig.turn(Wait::Now) == 0 && rig.io.active_requests() == 1 {}
        drop(op);
        assert_eq!(left_over.len(), 1);
    });
}

#[test]
fn a_multishot_receive_yields_all_bytes_in_order() {
    const LEN: usize = 2 << 20;
    on_each_driver(|rig| {
        if !rig.io.has_multishot() {
            return;
        }
        let (fd, mut peer) = pair(rig);
        let writer = std::thread::spawn(move || {
            let bytes: Vec<u8> = (0..LEN).map(|index| (index % 251) as u8).collect();
            peer.write_all(&bytes).unwrap();
        });
        let mut position = 0;
        'armed: loop {
            let mut stream = rig.io.submit_stream(RecvMulti { fd: fd.clone() });
            while let Some(item) = rig.block_on(poll_fn(|cx| stream.poll_next(cx))) {
                match item.result {
                    0 => break 'armed,
                    // Out of blocks for a moment, or paused because results piled up.
                    result if result == -libc::ENOBUFS || result == -libc::ECANCELED => {}
                    result => {
                        let len = usize::try_from(result).expect("no error is expected");
                        let block = item.block.expect("bytes come in a block");
                        let bytes = crate::sys::received(block, len);
                        for byte in &*bytes {
                            assert_eq!(*byte, (position % 251) as u8);
                            position += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(position, LEN);
        writer.join().unwrap();
        rig.settle();
    });
}
