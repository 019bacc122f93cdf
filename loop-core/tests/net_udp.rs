//! Goal: UDP as a program uses it. Method: sockets on loopback, on whichever driver
//! `SYNODIC_DRIVER` names.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use synodic_loop::EventLoop;
use synodic_loop::net::UdpSocket;

fn any() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

#[test]
fn messages_that_wait_are_received_one_by_one() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let one = UdpSocket::bind(any()).unwrap();
        let other = UdpSocket::bind(any()).unwrap();
        let address = other.local_addr().unwrap();
        // All of them are there before the first one is taken: no event tells of the later ones.
        for message in ["a", "", "bcd"] {
            let (sent, _) = one.send_to(message, address).await;
            assert_eq!(sent.unwrap(), message.len());
        }
        for message in ["a", "", "bcd"] {
            let (received, buffer) = other.recv_from(Vec::with_capacity(16)).await;
            let received = received.unwrap();
            assert_eq!(buffer, message.as_bytes());
            assert_eq!(received.from, one.local_addr().unwrap());
            assert!(!received.is_truncated);
        }
    });
    done.unwrap();
}

#[test]
fn a_message_that_does_not_fit_is_cut_and_said_to_be() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let one = UdpSocket::bind(any()).unwrap();
        let other = UdpSocket::bind(any()).unwrap();
        let address = other.local_addr().unwrap();
        one.send_to("hello", address).await.0.unwrap();
        let (received, buffer) = other.recv_from(Vec::with_capacity(4)).await;
        let received = received.unwrap();
        assert!(received.is_truncated);
        assert_eq!((received.len, &buffer[..]), (4, &b"hell"[..]));
        one.send_to("hello", address).await.0.unwrap();
        let (received, buffer) = other.recv(Vec::with_capacity(4)).await;
        let error = received.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        assert_eq!(buffer, b"hell");
        let too_long = vec![0; 65_536];
        let (sent, _) = one.send_to(too_long, address).await;
        let error = sent.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
    });
    done.unwrap();
}

#[test]
fn a_connected_socket_hears_its_peer_alone_and_of_its_absence() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let one = UdpSocket::bind(any()).unwrap();
        let peer = UdpSocket::bind(any()).unwrap();
        let stranger = UdpSocket::bind(any()).unwrap();
        let address = one.local_addr().unwrap();
        let (sent, _) = one.send("nobody").await;
        let error = sent.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EDESTADDRREQ));
        assert_eq!(
            one.disconnect().unwrap_err().kind(),
            ErrorKind::NotConnected
        );
        one.connect(peer.local_addr().unwrap()).unwrap();
        assert_eq!(one.peer_addr().unwrap(), peer.local_addr().unwrap());
        stranger.send_to("psst", address).await.0.unwrap();
        peer.send_to("hello", address).await.0.unwrap();
        let (received, buffer) = one.recv(Vec::with_capacity(16)).await;
        assert_eq!((received.unwrap(), &buffer[..]), (5, &b"hello"[..]));
        drop(peer);
        one.send("gone").await.0.unwrap();
        let (received, _) = one.recv(Vec::with_capacity(16)).await;
        assert_eq!(received.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        one.disconnect().unwrap();
        assert_eq!(one.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    });
    done.unwrap();
}

#[test]
fn a_group_hears_what_is_sent_to_it() {
    let group = Ipv4Addr::new(239, 83, 89, 78);
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async move {
        let options = UdpSocket::options().reuse_address(true);
        let member = options.bind((Ipv4Addr::UNSPECIFIED, 0).into()).unwrap();
        let port = member.local_addr().unwrap().port();
        member
            .join_multicast_v4(group, Ipv4Addr::LOCALHOST)
            .unwrap();
        let again = member.join_multicast_v4(group, Ipv4Addr::LOCALHOST);
        assert_eq!(again.unwrap_err().kind(), ErrorKind::AddrInUse);
        let sender = UdpSocket::bind(any()).unwrap();
        sender.set_multicast_if_v4(Ipv4Addr::LOCALHOST).unwrap();
        sender.set_multicast_loop_v4(true).unwrap();
        sender.set_multicast_ttl_v4(1).unwrap();
        sender.send_to("all", (group, port).into()).await.0.unwrap();
        let (received, buffer) = member.recv_from(Vec::with_capacity(16)).await;
        assert_eq!(received.unwrap().from, sender.local_addr().unwrap());
        assert_eq!(buffer, b"all");
        member
            .leave_multicast_v4(group, Ipv4Addr::LOCALHOST)
            .unwrap();
        let again = member.leave_multicast_v4(group, Ipv4Addr::LOCALHOST);
        assert_eq!(again.unwrap_err().kind(), ErrorKind::AddrNotAvailable);
    });
    done.unwrap();
}

#[test]
fn options_read_back() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let socket = UdpSocket::bind(any()).unwrap();
        socket.set_recv_buffer_size(32 * 1024).unwrap();
        assert!(socket.recv_buffer_size().unwrap() >= 32 * 1024);
        socket.set_send_buffer_size(32 * 1024).unwrap();
        assert!(socket.send_buffer_size().unwrap() >= 32 * 1024);
        // Without it the system forbids the address.
        let everybody = (Ipv4Addr::BROADCAST, 9).into();
        let (sent, _) = socket.send_to("x", everybody).await;
        assert_eq!(sent.unwrap_err().kind(), ErrorKind::PermissionDenied);
        socket.set_broadcast(true).unwrap();
        socket.set_ttl_v4(7).unwrap();
        assert_eq!(socket2::SockRef::from(&socket).ttl_v4().unwrap(), 7);
        assert_eq!(
            socket.set_ttl_v4(0).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        let v6 = UdpSocket::options()
            .only_v6(true)
            .bind((Ipv6Addr::LOCALHOST, 0).into());
        if let Ok(v6) = v6 {
            v6.set_multicast_hops_v6(3).unwrap();
            v6.set_multicast_loop_v6(false).unwrap();
            assert!(socket2::SockRef::from(&v6).only_v6().unwrap());
        }
    });
    done.unwrap();
}

#[test]
fn one_port_is_shared_only_when_asked_for() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let shared = || UdpSocket::options().reuse_port(true);
        let first = shared().bind(any()).unwrap();
        let address = first.local_addr().unwrap();
        assert!(shared().bind(address).is_ok());
        let alone = UdpSocket::bind(address).unwrap_err();
        assert_eq!(alone.kind(), ErrorKind::AddrInUse);
    });
    done.unwrap();
}
