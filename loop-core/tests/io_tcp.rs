//! Goal: TCP on the loop, as a program uses it. Method: servers and clients as tasks of one loop,
//! on whichever driver `SYNODIC_DRIVER` names.

use std::cell::{Cell, OnceCell};
use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use synodic_loop::net::{ReceiveStream, TcpIo, TcpListener, TcpStream};
use synodic_loop::{EventLoop, spawn_local};

fn any() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// Sends back what comes, until the peer ends.
async fn echo(stream: TcpStream) {
    let mut received = stream.receive_stream();
    while let Some(Ok(bytes)) = received.next().await {
        if stream.write_all(bytes).await.0.is_err() {
            return;
        }
    }
}

#[test]
fn many_connections_are_echoed_at_once() {
    const CONNECTIONS: usize = 50;
    const ROUNDS: u8 = 20;
    let mut event_loop = EventLoop::new().unwrap();
    let answered = Rc::new(Cell::new(0));
    let witness = answered.clone();
    let done = event_loop.block_on(async move {
        let listener = TcpListener::bind(any()).unwrap();
        let address = listener.local_addr().unwrap();
        let server = spawn_local(async move {
            let mut incoming = listener.incoming();
            while let Some(stream) = incoming.next().await {
                drop(spawn_local(echo(stream.unwrap())));
            }
        });
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let answered = answered.clone();
                spawn_local(async move {
                    let stream = TcpStream::connect(address).await.unwrap();
                    for round in 0..ROUNDS {
                        stream.write_all(vec![round; 1000]).await.0.unwrap();
                        let (read, bytes) = stream.read_exact(Vec::with_capacity(1000)).await;
                        read.unwrap();
                        assert!(bytes.iter().all(|byte| *byte == round));
                        answered.set(answered.get() + 1);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        server.abort();
    });
    done.unwrap();
    assert_eq!(witness.get(), CONNECTIONS * usize::from(ROUNDS));
}

#[test]
fn a_half_closed_connection_still_answers() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let listener = TcpListener::bind(any()).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let server = listener.accept().await.unwrap();
        client
            .write_all(b"all I have to say".as_slice())
            .await
            .0
            .unwrap();
        client.shutdown(Shutdown::Write).await.unwrap();
        let mut received = server.receive_stream();
        let mut len = 0;
        while let Some(bytes) = received.next().await {
            len += bytes.unwrap().len();
        }
        server
            .write_all(len.to_string().into_bytes())
            .await
            .0
            .unwrap();
        drop((server, received));
        let (read, bytes) = client.read(Vec::with_capacity(10)).await;
        assert_eq!(&bytes[..read.unwrap()], b"17");
    });
    done.unwrap();
}

#[test]
fn a_peer_that_resets_while_it_is_written_to_is_an_error() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let listener = TcpListener::bind(any()).unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = listener.accept().await.unwrap();
        let writing = spawn_local(async move {
            loop {
                if let (Err(error), _) = server.write_all(vec![0_u8; 1 << 20]).await {
                    return Ok::<_, std::io::Error>(error.kind());
                }
            }
        });
        socket2::SockRef::from(&peer)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
        drop(peer);
        let kind = writing.await.unwrap();
        assert!(
            matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
            "{kind}"
        );
    });
    done.unwrap();
}

#[test]
fn a_buffer_outlives_the_loop_and_its_thread() {
    let buffer = std::thread::spawn(|| {
        let mut event_loop = EventLoop::new().unwrap();
        let received = event_loop.block_on(async {
            let listener = TcpListener::bind(any()).unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap())
                .await
                .unwrap();
            let server = listener.accept().await.unwrap();
            client.write_all(b"still here".as_slice()).await.0.unwrap();
            server.receive_stream().next().await.unwrap().unwrap()
        });
        received.unwrap()
    });
    assert_eq!(&*buffer.join().unwrap(), b"still here");
}

#[test]
fn a_listener_alone_keeps_the_loop_alive_unless_unreferenced() {
    let mut event_loop = EventLoop::new().unwrap();
    // Held until the loop has ended; a referenced one would keep it from ending.
    let held = Rc::new(OnceCell::new());
    let holder = held.clone();
    let status = event_loop.run(move || {
        let listener = TcpListener::bind(any()).unwrap();
        let mut incoming = listener.incoming();
        incoming.unref();
        assert!(holder.set(incoming).is_ok());
    });
    assert!(status.success());
    assert!(held.get().is_some());
}

#[test]
fn an_unreferenced_connection_does_not_keep_the_loop_alive_and_counts_what_it_sent() {
    let mut event_loop = EventLoop::new().unwrap();
    let listener = std::net::TcpListener::bind(any()).unwrap();
    let address = listener.local_addr().unwrap();
    let sent = Rc::new(Cell::new(0));
    let witness = sent.clone();
    let status = event_loop.run_async(async move {
        let mut io = TcpIo::new(TcpStream::connect(address).await.unwrap());
        poll_fn(|cx| {
            let Poll::Ready(taken) = io.poll_send(cx, b"hello").map(Result::unwrap) else {
                return Poll::Pending;
            };
            assert_eq!((taken, io.sent_bytes()), (5, 0));
            Poll::Ready(())
        })
        .await;
        poll_fn(|cx| io.poll_flush(cx)).await.unwrap();
        witness.set(io.sent_bytes());
        spawn_local(async move {
            // Nothing ever comes from the peer.
            poll_fn(|cx| {
                let next = io.poll_recv(cx).map(drop);
                io.unref();
                next
            })
            .await;
        });
    });
    assert!(status.success());
    assert_eq!(sent.get(), 5);
    drop(listener);
}

/// A connection whose receiving side has taken `first`, and is sent `second`.
async fn receiving() -> (TcpStream, TcpStream, ReceiveStream) {
    let listener = TcpListener::bind(any()).unwrap();
    let sender = TcpStream::connect(listener.local_addr().unwrap());
    let (sender, receiver) = (sender.await.unwrap(), listener.accept().await.unwrap());
    let mut stream = receiver.receive_stream();
    sender.write_all("first").await.0.unwrap();
    assert_eq!(&stream.next().await.unwrap().unwrap()[..], b"first");
    sender.write_all("second").await.0.unwrap();
    (sender, receiver, stream)
}

#[test]
fn a_stream_that_stops_gives_back_what_it_has_received() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let (sender, receiver, stream) = receiving().await;
        // Wherever the bytes are when the stream stops, they come once, and in order.
        let mut bytes = stream.stop().await.unwrap().concat();
        sender.write_all(" third").await.0.unwrap();
        sender.shutdown(Shutdown::Write).await.unwrap();
        loop {
            let (read, more) = receiver.read(Vec::with_capacity(32)).await;
            if read.unwrap() == 0 {
                break;
            }
            bytes.extend(more);
        }
        assert_eq!(bytes, b"second third");
    });
    done.unwrap();
}

/// What a reset connection still has after its stream was stopped with bytes and the reset behind
/// them in its queue; `read` reads on until it fails.
fn stop_before_a_reset<F>(read: impl FnOnce(TcpStream) -> F)
where
    F: Future<Output = (Vec<u8>, std::io::Error)>,
{
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let (sender, receiver, stream) = receiving().await;
        sender.set_linger(Some(Duration::ZERO)).unwrap();
        drop(sender);
        // Turns in which the bytes and the reset reach the stream.
        for _ in 0..4 {
            synodic_loop::yield_now().await;
        }
        let mut bytes = stream.stop().await.unwrap().concat();
        let (more, error) = read(receiver).await;
        bytes.extend(more);
        assert_eq!(bytes, b"second");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
    done.unwrap();
}

#[test]
fn a_read_gets_the_error_behind_the_bytes_of_a_stopped_stream() {
    stop_before_a_reset(async |receiver| {
        let mut bytes = Vec::new();
        loop {
            let (read, more) = receiver.read(Vec::with_capacity(32)).await;
            match read {
                Ok(0) => panic!("the error is lost"),
                Ok(_) => bytes.extend(more),
                Err(error) => return (bytes, error),
            }
        }
    });
}

#[test]
fn a_stream_gets_the_error_behind_the_bytes_of_a_stopped_one() {
    stop_before_a_reset(async |receiver| {
        let mut bytes = Vec::new();
        let mut stream = receiver.receive_stream();
        loop {
            match stream.next().await.expect("the error is not lost") {
                Ok(more) => bytes.extend_from_slice(&more),
                Err(error) => {
                    assert!(stream.next().await.is_none());
                    return (bytes, error);
                }
            }
        }
    });
}
