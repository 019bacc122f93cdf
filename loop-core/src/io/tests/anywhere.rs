//! Goal: whatever an operation is doing when it is given up, nothing is lost, leaked or freed
//! twice. Method: each kind of operation, given up after each number of turns, in each way; then
//! every buffer has been dropped once, and every descriptor is closed. In a process of its own,
//! because descriptors are the process's.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::Write;
use std::net::TcpStream;
use std::pin::Pin;
use std::rc::Rc;

use socket2::{Domain, Socket, Type};

use super::ownership::Tattletale;
use super::*;
use crate::io::ops::{
    self, Accept, AcceptMulti, Accepted, Connect, Nop, Open, PollOnce, ReadAt, ReceiveMessage,
    Recv, RecvMulti, Send, SendMessage, SendVectored, Statx, WriteAt,
};

/// Turns before an operation is given up.
const TURNS_MAX: usize = 3;

/// How an operation is given up.
#[derive(Clone, Copy, Debug)]
enum GivenUp {
    Dropped,
    Canceled,
    ShutDown,
}

/// A dropped or canceled operation, of whatever output.
trait Any {
    fn cancel<'a>(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + 'a>>
    where
        Self: 'a;
}

impl<T: 'static> Any for Op<T> {
    fn cancel<'a>(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + 'a>>
    where
        Self: 'a,
    {
        Box::pin(async move { drop((*self).cancel().await) })
    }
}

impl Any for OpStream {
    fn cancel<'a>(mut self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + 'a>>
    where
        Self: 'a,
    {
        Box::pin(async move {
            OpStream::cancel(&self);
            while let Some(item) = poll_fn(|cx| self.poll_next(cx)).await {
                // Only accepted connections are descriptors; the listener's test takes them.
                drop(item.block);
            }
        })
    }
}

/// Everything that one operation needs around it, and the operation.
struct Scene {
    op: Box<dyn Any>,
    _around: Box<dyn std::any::Any>,
}

/// The kinds of operations, each with the situations that it can meet.
/// Starts an operation, with a counter of descriptors that it may open.
type MakeScene = fn(&Rig, &Rc<Cell<usize>>) -> Scene;

const SCENES: &[MakeScene] = &[
    |rig, _| scene(rig.io.submit(Nop), ()),
    |rig, drops| receive(rig, drops, b""),
    |rig, drops| receive(rig, drops, b"bytes"),
    |rig, drops| {
        let (fd, peer) = pair(rig);
        let mut buffer = Tattletale::new(drops);
        buffer.fill(4 << 20);
        scene(rig.io.submit(Send { fd, buffer }), peer)
    },
    |rig, drops| {
        let (fd, peer) = pair(rig);
        let buffers = vec![Tattletale::new(drops), Tattletale::new(drops)];
        scene(rig.io.submit(SendVectored::new(fd, buffers)), peer)
    },
    |rig, _| {
        let (fd, mut peer) = pair(rig);
        peer.write_all(b"bytes").unwrap();
        scene(rig.io.submit_stream(RecvMulti { fd }), peer)
    },
    |rig, drops| {
        let (fd, peer) = unix_pair(rig);
        let fds = vec![std::io::pipe().unwrap().0.into()];
        let mut buffer = Tattletale::new(drops);
        buffer.fill(100);
        scene(rig.io.submit(SendMessage::with_fds(fd, buffer, fds)), peer)
    },
    |rig, drops| {
        let (fd, peer) = unix_pair(rig);
        receive_message(rig, drops, fd, peer)
    },
    |rig, drops| {
        let (fd, peer) = unix_pair(rig);
        let fds = vec![std::io::pipe().unwrap().0.into()];
        let send = SendMessage::with_fds(peer.clone(), vec![0; 100], fds);
        rig.block_on(rig.io.submit(send)).0.unwrap();
        receive_message(rig, drops, fd, peer)
    },
    |rig, _| accept(rig, false),
    |rig, _| accept(rig, true),
    |rig, _| {
        let (fd, address) = listener(rig);
        let peer = TcpStream::connect(address).unwrap();
        // Given up by drop only: `cancel` above does not take descriptors.
        let left_over = Accepted::default();
        let stream = rig.io.submit_stream(AcceptMulti(Accept { fd, left_over }));
        scene(DropOnly(stream), peer)
    },
    |rig, _| {
        let (fd, address) = listener(rig);
        connect(rig, address, fd)
    },
    |rig, _| {
        let (fd, address) = listener(rig);
        drop(fd);
        connect(rig, address, ())
    },
    |rig, _| {
        let (owner, peer) = pair(rig);
        let fd = owner.raw();
        scene(
            rig.io.submit(PollOnce {
                owner,
                fd,
                events: libc::POLLIN,
            }),
            peer,
        )
    },
    |rig, _| {
        let (path, flags) = (c"/dev/null".to_owned(), libc::O_RDONLY | libc::O_CLOEXEC);
        scene(
            rig.io.submit(Open {
                path,
                flags,
                mode: 0,
            }),
            (),
        )
    },
    |rig, _| scene(rig.io.submit(Statx::path(c"/".to_owned(), true)), ()),
    |rig, drops| {
        let read = ReadAt {
            fd: zero(rig),
            buffer: Tattletale::new(drops),
            offset: 0,
        };
        scene(rig.io.submit(read), ())
    },
    |rig, drops| {
        let write = WriteAt {
            fd: zero(rig),
            buffer: Tattletale::new(drops),
            offset: 0,
        };
        scene(rig.io.submit(write), ())
    },
    |rig, _| scene(ops::work(&rig.io, || vec![1]), ()),
];

/// A stream that has no use for `cancel`.
struct DropOnly(OpStream);

impl Any for DropOnly {
    fn cancel<'a>(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + 'a>>
    where
        Self: 'a,
    {
        drop(self.0);
        Box::pin(std::future::ready(()))
    }
}

fn scene(op: impl Any + 'static, around: impl std::any::Any) -> Scene {
    Scene {
        op: Box::new(op),
        _around: Box::new(around),
    }
}

fn receive(rig: &Rig, drops: &Rc<Cell<usize>>, bytes: &[u8]) -> Scene {
    let (fd, mut peer) = pair(rig);
    peer.write_all(bytes).unwrap();
    scene(
        rig.io.submit(Recv {
            fd,
            buffer: Tattletale::new(drops),
        }),
        peer,
    )
}

/// Two ends of a Unix connection.
fn unix_pair(rig: &Rig) -> (SharedFd, SharedFd) {
    let (one, other) = Socket::pair(Domain::UNIX, Type::STREAM.cloexec(), None).unwrap();
    let share = |socket: Socket| SharedFd::new(&rig.io, socket.into());
    (share(one), share(other))
}

/// Receives bytes and descriptors.
fn receive_message(rig: &Rig, drops: &Rc<Cell<usize>>, fd: SharedFd, peer: SharedFd) -> Scene {
    let receive = ReceiveMessage::with_fds(fd, Tattletale::new(drops), |envelope| Ok(envelope.fds));
    scene(rig.io.submit(receive), peer)
}

fn accept(rig: &Rig, with_peer: bool) -> Scene {
    let (fd, address) = listener(rig);
    let peer = with_peer.then(|| TcpStream::connect(address).unwrap());
    scene(
        rig.io.submit(Accept {
            fd,
            left_over: Accepted::default(),
        }),
        peer,
    )
}

fn connect(rig: &Rig, address: std::net::SocketAddr, around: impl std::any::Any) -> Scene {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket
        .set_nonblocking(rig.io.info().kind() != DriverKind::IoUring)
        .unwrap();
    let fd = SharedFd::new(&rig.io, socket.into());
    scene(
        rig.io.submit(Connect {
            fd,
            address: Box::new(address.into()),
        }),
        around,
    )
}

fn zero(rig: &Rig) -> SharedFd {
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/zero")
        .unwrap();
    SharedFd::new(&rig.io, file.into())
}

fn give_up(rig: &Rig, scene: Scene, how: GivenUp) {
    match how {
        GivenUp::Dropped => drop(scene.op),
        GivenUp::Canceled => rig.block_on(scene.op.cancel()),
        GivenUp::ShutDown => {
            assert_eq!(rig.io.shutdown(), super::Shutdown::Reaped);
            drop(scene.op);
        }
    }
    rig.settle();
    assert_eq!(rig.io.active_requests(), 0);
}

/// Whether as many descriptors are open as `before`. A blocking thread may hold the wake descriptor
/// for a moment after its job has reported.
fn returns_to(before: usize) -> bool {
    (0..10_000).any(|_| {
        std::thread::yield_now();
        open_descriptors() == before
    })
}

#[test]
fn an_operation_can_be_given_up_at_any_point() {
    if !limits::is_alone("io::tests::anywhere::an_operation_can_be_given_up_at_any_point") {
        return;
    }
    // The executor's threads and the first rig's lazy parts are there from the beginning.
    let before = open_descriptors();
    let cases = [GivenUp::Dropped, GivenUp::Canceled, GivenUp::ShutDown]
        .into_iter()
        .flat_map(|how| (0..=TURNS_MAX).map(move |turns| (how, turns)));
    for (how, turns) in cases {
        for (number, make) in SCENES.iter().enumerate() {
            on_each_driver(|rig| {
                let drops = Rc::new(Cell::new(0));
                let scene = make(rig, &drops);
                for _ in 0..turns {
                    rig.turn(Wait::Now);
                }
                give_up(rig, scene, how);
                let made = Rc::strong_count(&drops) - 1;
                let driver = rig.io.info();
                assert_eq!(
                    made, 0,
                    "{how:?} after {turns}, operation {number}, {driver}"
                );
            });
            let case = format!("{how:?} after {turns}, operation {number}");
            assert!(returns_to(before), "{case}");
        }
    }
}
