//! Goal: listeners, connections and their streams do what their pages say, on every driver.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::os::fd::AsFd;

use super::*;
use crate::net::{TcpIo, TcpListener, TcpStream};
use std::future::poll_fn;

fn any() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A connection of ours and the peer's blocking end.
async fn connected() -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind(any()).unwrap();
    let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().await.unwrap(), peer)
}

#[test]
fn two_of_ours_talk() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let listener = TcpListener::bind(any()).unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap())
                .await
                .unwrap();
            let server = listener.accept().await.unwrap();
            assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
            client.set_nodelay(true).unwrap();
            assert!(client.nodelay().unwrap());
            let (result, _) = client.write_all(b"question".to_vec()).await;
            result.unwrap();
            let (result, buffer) = server.read_exact(Vec::with_capacity(8)).await;
            result.unwrap();
            assert_eq!(buffer, b"question");
            server.write_all(b"answer".as_slice()).await.0.unwrap();
            server.shutdown(Shutdown::Write).await.unwrap();
            let mut received = client.receive_stream();
            assert_eq!(&*received.next().await.unwrap().unwrap(), b"answer");
            assert!(received.next().await.is_none());
            assert!(received.next().await.is_none());
            // The other direction is still open.
            client.write_all(b"thanks".as_slice()).await.0.unwrap();
            let (read, buffer) = server.read(Vec::with_capacity(8)).await;
            assert_eq!(&buffer[..read.unwrap()], b"thanks");
        });
    });
}

#[test]
fn a_reset_is_an_error_and_then_the_end() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let (stream, peer) = connected().await;
            socket2::SockRef::from(&peer)
                .set_linger(Some(std::time::Duration::ZERO))
                .unwrap();
            drop(peer);
            let mut received = stream.receive_stream();
            let error = received.next().await.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            assert!(received.next().await.is_none());
            let error = stream.write_all(b"x".as_slice()).await.0.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        });
    });
}

#[test]
fn a_slow_reader_stops_the_flow_and_loses_nothing() {
    const LEN: usize = 4 << 20;
    on_each_driver(|rig| {
        rig.block_on(async {
            let (stream, mut peer) = connected().await;
            let writer = std::thread::spawn(move || {
                let bytes: Vec<u8> = (0..LEN).map(|index| (index % 253) as u8).collect();
                peer.write_all(&bytes).unwrap();
            });
            let mut received = stream.receive_stream();
            let mut position = 0;
            while let Some(buffer) = received.next().await {
                for byte in &*buffer.unwrap() {
                    assert_eq!(*byte, (position % 253) as u8);
                    position += 1;
                }
                if position % 7 == 0 {
                    received.pause();
                    received.resume();
                }
            }
            assert_eq!(position, LEN);
            writer.join().unwrap();
        });
    });
}

#[test]
fn a_stopped_stream_hands_out_the_rest() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let (stream, mut peer) = connected().await;
            let mut received = stream.receive_stream();
            peer.write_all(b"first").unwrap();
            assert_eq!(&*received.next().await.unwrap().unwrap(), b"first");
            peer.write_all(b"second").unwrap();
            let rest: Vec<u8> = received
                .stop()
                .await
                .unwrap()
                .iter()
                .flat_map(|part| part.to_vec())
                .collect();
            let mut all = rest;
            while all.len() < 6 {
                let (read, buffer) = stream.read(Vec::with_capacity(8)).await;
                read.unwrap();
                all.extend(buffer);
            }
            assert_eq!(all, b"second");
        });
    });
}

#[test]
fn incoming_connections_come_one_by_one() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let listener = TcpListener::options().backlog(128).bind(any()).unwrap();
            let address = listener.local_addr().unwrap();
            let mut incoming = listener.incoming();
            let peers: Vec<_> = (0..100)
                .map(|_| std::net::TcpStream::connect(address).unwrap())
                .collect();
            for _ in &peers {
                incoming.next().await.unwrap().unwrap();
            }
            assert_eq!(rig.io.active_requests(), 1);
            incoming.unref();
            assert_eq!(rig.io.active_requests(), 0);
            incoming.r#ref();
            assert_eq!(rig.io.active_requests(), 1);
        });
    });
}

#[test]
fn a_descriptor_comes_and_goes() {
    on_each_driver(|rig| {
        rig.block_on(async {
            let (stream, mut peer) = connected().await;
            stream.write_all(b"1".as_slice()).await.0.unwrap();
            let fd = stream.into_owned_fd().unwrap();
            let stream = TcpStream::try_from(fd).unwrap();
            stream.write_all(b"2".as_slice()).await.0.unwrap();
            // With a receive in flight, it is a duplicate.
            let op = stream.read(Vec::with_capacity(8));
            let fd = stream.into_owned_fd().unwrap();
            drop(op);
            let stream = TcpStream::try_from(fd).unwrap();
            stream.write_all(b"3".as_slice()).await.0.unwrap();
            assert!(stream.as_fd().try_clone_to_owned().is_ok());
            drop(stream);
            let mut all = String::new();
            peer.read_to_string(&mut all).unwrap();
            assert_eq!(all, "123");
        });
        rig.settle();
    });
}

#[test]
fn polled_sends_are_gathered_and_bounded() {
    const LEN: usize = 3 << 20;
    on_each_driver(|rig| {
        rig.block_on(async {
            let (stream, mut peer) = connected().await;
            let reader = std::thread::spawn(move || {
                let mut all = Vec::new();
                peer.read_to_end(&mut all).unwrap();
                peer.write_all(b"got it").unwrap();
                all
            });
            let bytes: Vec<u8> = (0..LEN).map(|index| (index % 241) as u8).collect();
            let mut io = TcpIo::new(stream);
            let mut done = 0;
            while done < LEN {
                let end = LEN.min(done + 10_000);
                done += poll_fn(|cx| io.poll_send(cx, &bytes[done..end]))
                    .await
                    .unwrap();
            }
            poll_fn(|cx| io.poll_shutdown(cx)).await.unwrap();
            assert_eq!(&*poll_fn(|cx| io.poll_recv(cx)).await.unwrap(), b"got it");
            assert!(poll_fn(|cx| io.poll_recv(cx)).await.unwrap().is_empty());
            assert_eq!(reader.join().unwrap(), bytes);
        });
    });
}
