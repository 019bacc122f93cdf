//! Goal: Unix sockets carry bytes, messages and descriptors between processes. Method: both ends on
//! one loop, on whichever driver `SYNODIC_DRIVER` names, at real paths.

use std::future::{Future, poll_fn};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Poll;

use socket2::{Domain, SockAddr, Socket, Type};
use synodic_loop::io::Canceled;
use synodic_loop::net::{
    FDS_MAX, UnixDatagram, UnixListener, UnixSeqpacket, UnixSeqpacketListener, UnixStream,
};
use synodic_loop::{DriverKind, EventLoop, Handle, immediate};

fn block_on(future: impl Future<Output = ()> + 'static) {
    let mut event_loop = EventLoop::new().unwrap();
    event_loop.block_on(future).unwrap();
}

/// A path that is removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("synodic-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It was never bound when the test failed before.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn abstract_name(name: &str) -> SocketAddr {
    SocketAddr::from_abstract_name(format!("synodic-{}-{name}", std::process::id())).unwrap()
}

/// Polls a future once, and says whether it is ready.
async fn is_ready(mut future: Pin<&mut impl Future>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}

#[test]
fn a_server_at_a_path_answers() {
    let place = Place::new("answers");
    let path = place.0.clone();
    block_on(async move {
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path));
        let mut incoming = listener.incoming();
        for round in 0..3_u8 {
            let client = UnixStream::connect(&path).await.unwrap();
            let server = incoming.next().await.unwrap().unwrap();
            assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*path));
            assert!(server.peer_addr().unwrap().is_unnamed());
            client.write_all(vec![round; 100_000]).await.0.unwrap();
            drop(client);
            let mut received = server.receive_stream();
            let mut len = 0;
            while let Some(bytes) = received.next().await {
                let bytes = bytes.unwrap();
                assert!(bytes.iter().all(|byte| *byte == round));
                len += bytes.len();
            }
            assert_eq!(len, 100_000);
        }
        let again = UnixListener::bind(&path).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AddrInUse);
        drop((incoming, listener));
        // The socket closes once the kernel has let go of it.
        immediate().await;
        immediate().await;
        let refused = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn names_that_cannot_be_are_refused() {
    block_on(async {
        for path in ["/synodic\0", &"x".repeat(108)] {
            let error = UnixListener::bind(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path:?}");
            let error = UnixStream::connect(path).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path:?}");
        }
        let (unnamed, _) = std::os::unix::net::UnixStream::pair().unwrap();
        let unnamed = unnamed.local_addr().unwrap();
        let error = UnixStream::connect_addr(&unnamed).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = UnixStream::connect("/nowhere/at/all").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn an_accepted_connection_of_a_dropped_future_is_not_lost() {
    block_on(async {
        let address = abstract_name("not-lost");
        let listener = UnixListener::bind_addr(&address).unwrap();
        let client = UnixStream::connect_addr(&address).await.unwrap();
        client.write_all("first").await.0.unwrap();
        // Accepted by the kernel, or canceled: either way the next one gets it.
        let mut accept = Box::pin(listener.accept());
        is_ready(accept.as_mut()).await;
        drop(accept);
        let server = listener.accept().await.unwrap();
        let (result, bytes) = server.read_exact(Vec::with_capacity(5)).await;
        result.unwrap();
        assert_eq!(bytes, b"first");
    });
}

#[test]
fn descriptors_travel_in_order() {
    block_on(async {
        let (one, other) = UnixStream::pair().unwrap();
        let (mut outputs, inputs): (Vec<_>, Vec<OwnedFd>) = (0..FDS_MAX)
            .map(|_| std::io::pipe().unwrap())
            .map(|(output, input)| (output, input.into()))
            .unzip();
        let (sent, (_, inputs)) = one.send_with_fds("all", inputs).await;
        assert_eq!((sent.unwrap(), inputs.len()), (3, FDS_MAX));
        drop(inputs);
        let (received, buffer) = other.recv_with_fds(Vec::with_capacity(16)).await;
        let received = received.unwrap();
        assert_eq!(buffer, b"all");
        assert!(!received.are_fds_truncated && !received.is_truncated);
        for (index, fd) in received.fds.into_iter().enumerate() {
            let mut input = std::fs::File::from(fd);
            write!(input, "{index}").unwrap();
        }
        for (index, output) in outputs.iter_mut().enumerate() {
            let mut text = String::new();
            output.read_to_string(&mut text).unwrap();
            assert_eq!(text, index.to_string());
        }
    });
}

#[test]
fn more_descriptors_than_a_message_takes_come_back() {
    block_on(async {
        let (one, other) = UnixStream::pair().unwrap();
        let fds: Vec<OwnedFd> = (0..=FDS_MAX)
            .map(|_| std::io::pipe().unwrap().0.into())
            .collect();
        let (sent, (buffer, fds)) = one.send_with_fds("x", fds).await;
        assert_eq!(sent.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!((buffer, fds.len()), ("x", FDS_MAX + 1));
        let fd = std::io::pipe().unwrap().0.into();
        let (sent, _) = one.send_with_fds("", vec![fd]).await;
        assert_eq!(sent.unwrap_err().kind(), ErrorKind::InvalidInput);
        // Bytes alone may take the same way.
        one.write_all("bytes").await.0.unwrap();
        let (received, buffer) = other.recv_with_fds(Vec::with_capacity(16)).await;
        assert!(received.unwrap().fds.is_empty());
        assert_eq!(buffer, b"bytes");
    });
}

#[test]
fn descriptors_that_nobody_takes_are_closed() {
    block_on(async {
        let (one, other) = UnixStream::pair().unwrap();
        let (mut output, input) = std::io::pipe().unwrap();
        let receive = other.recv_with_fds(Vec::with_capacity(16));
        one.send_with_fds("x", vec![input.into()]).await.0.unwrap();
        immediate().await;
        // Whether it has received or not, the only writing end goes with it and its socket.
        drop(receive);
        drop(other);
        while output.read(&mut [0; 1]).unwrap() != 0 {}
    });
}

#[test]
fn a_canceled_receive_returns_what_it_has() {
    block_on(async {
        let (one, other) = UnixSeqpacket::pair().unwrap();
        let waiting = other.recv(Vec::with_capacity(16));
        let Canceled::Canceled((result, buffer)) = waiting.cancel().await else {
            panic!("nothing was sent");
        };
        assert!(result.is_err() && buffer.is_empty());
        one.send("late").await.0.unwrap();
        let waiting = other.recv(Vec::with_capacity(16));
        let (result, buffer) = match waiting.cancel().await.into_inner() {
            (Ok(len), buffer) => (Ok(len), buffer),
            (Err(_), buffer) => other.recv(buffer).await,
        };
        assert_eq!((result.unwrap(), &buffer[..]), (4, &b"late"[..]));
    });
}

#[test]
fn sequenced_packets_stay_apart_and_end() {
    let place = Place::new("packets");
    let path = place.0.clone();
    block_on(async move {
        let listener = UnixSeqpacketListener::bind(&path).unwrap();
        let client = UnixSeqpacket::connect(&path).await.unwrap();
        let server = listener.accept().await.unwrap();
        let wrong = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(wrong.raw_os_error(), Some(libc::EPROTOTYPE));
        for message in ["a", "bcd", "ef"] {
            client.send(message).await.0.unwrap();
        }
        for message in ["a", "bcd"] {
            let (received, buffer) = server.recv(Vec::with_capacity(16)).await;
            assert_eq!(received.unwrap(), message.len());
            assert_eq!(buffer, message.as_bytes());
        }
        let (received, buffer) = server.recv(Vec::with_capacity(1)).await;
        let error = received.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        assert_eq!(buffer, b"e");
        drop(client);
        let (received, _) = server.recv(Vec::with_capacity(16)).await;
        assert_eq!(received.unwrap(), 0);
    });
}

#[test]
fn datagrams_wait_in_line_and_tell_their_sender() {
    let (here, there) = (Place::new("here"), Place::new("there"));
    let (here, there) = (here.0.clone(), there.0.clone());
    let (of_here, of_there) = (Place(here.clone()), Place(there.clone()));
    block_on(async move {
        let one = UnixDatagram::bind(&here).unwrap();
        let other = UnixDatagram::bind(&there).unwrap();
        let address = other.local_addr().unwrap();
        // All of them are there before the first one is taken: no event tells of the later ones.
        for message in ["a", "", "bcd"] {
            one.send_to(message, &address).await.0.unwrap();
        }
        for message in ["a", "", "bcd"] {
            let (received, buffer) = other.recv_from(Vec::with_capacity(16)).await;
            let received = received.unwrap();
            assert_eq!(buffer, message.as_bytes());
            assert_eq!(received.from.as_pathname(), Some(&*here));
        }
        let nameless = UnixDatagram::unbound().unwrap();
        nameless.connect(&address).unwrap();
        nameless.send("who").await.0.unwrap();
        let (received, _) = other.recv_from(Vec::with_capacity(2)).await;
        let received = received.unwrap();
        assert!(received.from.is_unnamed() && received.is_truncated);
        assert_eq!(received.len, 2);
    });
    drop((of_here, of_there));
}

#[test]
fn a_sender_waits_for_a_slow_receiver() {
    block_on(async {
        let (one, other) = UnixDatagram::pair().unwrap();
        let mut sent = 0_u32;
        let waiting = loop {
            let mut send = Box::pin(one.send(sent.to_le_bytes().to_vec()));
            let mut is_done = is_ready(send.as_mut()).await;
            for _ in 0..4 {
                if !is_done {
                    immediate().await;
                    is_done = is_ready(send.as_mut()).await;
                }
            }
            if !is_done {
                break send;
            }
            sent += 1;
            assert!(sent < 100_000, "the queue has no end");
        };
        for expected in 0..sent {
            let (received, buffer) = other.recv(Vec::with_capacity(8)).await;
            assert_eq!(received.unwrap(), 4);
            assert_eq!(buffer, expected.to_le_bytes());
        }
        waiting.await.0.unwrap();
        let (_, buffer) = other.recv(Vec::with_capacity(8)).await;
        assert_eq!(buffer, sent.to_le_bytes());
    });
}

#[test]
fn a_full_queue_of_connections_is_waited_for_or_said() {
    block_on(async {
        let address = abstract_name("full");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        let name = format!("\0synodic-{}-full", std::process::id());
        socket.bind(&SockAddr::unix(name).unwrap()).unwrap();
        socket.listen(0).unwrap();
        let listener = UnixListener::from_fd(socket.into()).unwrap();
        // A queue of zero takes one.
        let first = UnixStream::connect_addr(&address).await.unwrap();
        let mut second = Box::pin(UnixStream::connect_addr(&address));
        for _ in 0..4 {
            if is_ready(second.as_mut()).await {
                break;
            }
            immediate().await;
        }
        if Handle::current().driver().kind() != DriverKind::IoUring {
            let again = UnixStream::connect_addr(&address).await.unwrap_err();
            assert_eq!(again.kind(), ErrorKind::WouldBlock);
            return;
        }
        drop(listener.accept().await.unwrap());
        let second = second.await.unwrap();
        let accepted = listener.accept().await.unwrap();
        second.write_all("here").await.0.unwrap();
        let (read, bytes) = accepted.read(Vec::with_capacity(8)).await;
        assert_eq!((read.unwrap(), &bytes[..]), (4, &b"here"[..]));
        drop(first);
    });
}

#[test]
fn a_full_receiver_is_waited_for_or_said() {
    block_on(async {
        let address = abstract_name("full-receiver");
        let receiver = UnixDatagram::bind_addr(&address).unwrap();
        let (one, other) = (
            UnixDatagram::unbound().unwrap(),
            UnixDatagram::unbound().unwrap(),
        );
        // By a connected one: it is told when there is room.
        one.connect(&address).unwrap();
        let mut sent = 0;
        loop {
            let mut send = Box::pin(one.send("x"));
            let mut is_done = is_ready(send.as_mut()).await;
            for _ in 0..4 {
                if !is_done {
                    immediate().await;
                    is_done = is_ready(send.as_mut()).await;
                }
            }
            if !is_done {
                break;
            }
            sent += 1;
        }
        let mut sending = Box::pin(other.send_to("y", &address));
        if Handle::current().driver().kind() != DriverKind::IoUring {
            let (result, buffer) = sending.await;
            assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
            assert_eq!(buffer, "y");
            return;
        }
        assert!(!is_ready(sending.as_mut()).await);
        for _ in 0..sent {
            let (received, _) = receiver.recv(Vec::with_capacity(8)).await;
            received.unwrap();
        }
        sending.await.0.unwrap();
    });
}
