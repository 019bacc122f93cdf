//! A connection.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use socket2::{Domain, Protocol, TcpKeepalive, Type};
use synodic_buffers::{IoBuf, IoBufMut};

use super::ReceiveStream;
use super::socket::{Socket, internet_socket};
use crate::io::ops::{self, Recv, Send, SendVectored};
use crate::io::{self as event_io, BufResult, Io, Op};

/// A TCP connection.
///
/// All methods take `&self`: reading and writing at the same time needs no splitting. Writes are
/// in order when each is awaited before the next begins. Dropping the connection closes it.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use synodic_loop::{EventLoop, net::TcpStream};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let received = EventLoop::new()?.block_on(async move {
///     let stream = TcpStream::connect(address).await?;
///     listener.accept()?.0.write_all(b"welcome")?;
///     let (received, buffer) = stream.read(Vec::with_capacity(1024)).await;
///     Ok::<_, std::io::Error>(buffer[..received?].to_vec())
/// })??;
/// assert_eq!(received, b"welcome");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Options without a method of their own are set through
/// [`socket2::SockRef::from(&stream)`](https://docs.rs/socket2/latest/socket2/struct.SockRef.html).
#[doc(alias = "uv_tcp_t")]
#[doc(alias = "net.Socket")]
pub struct TcpStream {
    socket: Socket,
}

impl TcpStream {
    /// Connects to `address`, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`ConnectionRefused`](io::ErrorKind::ConnectionRefused).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the connection up, whether it had come about or not.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let kind = Type::STREAM.cloexec();
        let socket = socket2::Socket::new(domain, kind, Some(Protocol::TCP))?;
        let socket = Socket::adopt(event_io::current(), socket.into(), true)?;
        let (fd, address) = (socket.fd.clone(), Box::new(address.into()));
        socket.io.submit(ops::Connect { fd, address }).await?;
        Ok(Self { socket })
    }

    /// Adopts a connected socket, on the current loop.
    ///
    /// # Errors
    ///
    /// None today; adopting may have to change the socket one day.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Self::adopt(&event_io::current(), fd)
    }

    pub(super) fn adopt(io: &Rc<Io>, fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::adopt(io.clone(), fd, false)?,
        })
    }

    /// Receives at least one byte into `buffer`, from its beginning up to its capacity. Zero bytes
    /// are the end of the stream, or a buffer without room.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`ConnectionReset`](io::ErrorKind::ConnectionReset); and what it
    /// has said to a [`ReceiveStream`] that was stopped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation may lose bytes that the kernel had received by then.
    /// [`Op::cancel`] loses none: it returns them.
    pub fn read<B: IoBufMut>(&self, buffer: B) -> Op<BufResult<usize, B>> {
        let fd = self.socket.fd.clone();
        match fd.take_error() {
            None => self.socket.io.submit(Recv { fd, buffer }),
            Some(code) => self.socket.io.submit_ended(Recv { fd, buffer }, -code),
        }
    }

    /// Sends from `buffer` what there is room for, at least one byte, and returns how much.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`BrokenPipe`](io::ErrorKind::BrokenPipe).
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open how much was sent. [`Op::cancel`] tells.
    pub fn write<B: IoBuf>(&self, buffer: B) -> Op<BufResult<usize, B>> {
        self.socket.io.submit(Send {
            fd: self.socket.fd.clone(),
            buffer,
        })
    }

    /// Sends from several buffers, in order, as one. At most 1,024 of them take part.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
    ///
    /// # Cancel safety
    ///
    /// As for [`write`](Self::write).
    pub fn write_vectored<B: IoBuf>(&self, buffers: Vec<B>) -> Op<BufResult<usize, Vec<B>>> {
        self.socket
            .io
            .submit(SendVectored::new(self.socket.fd.clone(), buffers))
    }

    /// Sends the whole buffer.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write); how much was sent before is then unknown.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open how much was sent, and the buffer is dropped.
    pub async fn write_all<B: IoBuf>(&self, mut buffer: B) -> BufResult<(), B> {
        let len = buffer.init_len();
        let mut done = 0;
        while done < len {
            let (result, slice) = self.write(buffer.slice(done..len)).await;
            buffer = slice.into_inner();
            match result {
                Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), buffer),
                Ok(written) => done += written,
                Err(error) => return (Err(error), buffer),
            }
        }
        (Ok(()), buffer)
    }

    /// Receives until `buffer` is full.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the stream ends before, else as for
    /// [`read`](Self::read). What was received is in the buffer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses what was received.
    pub async fn read_exact<B: IoBufMut>(&self, mut buffer: B) -> BufResult<(), B> {
        let len = buffer.total_len();
        let mut done = 0;
        while done < len {
            let (result, slice) = self.read(buffer.slice(done..len)).await;
            buffer = slice.into_inner();
            match result {
                Ok(0) => return (Err(io::ErrorKind::UnexpectedEof.into()), buffer),
                Ok(count) => done += count,
                Err(error) => return (Err(error), buffer),
            }
        }
        (Ok(()), buffer)
    }

    /// The received bytes as a stream of pooled buffers: the way to receive where data flows.
    pub fn receive_stream(&self) -> ReceiveStream {
        ReceiveStream::new(self.socket.clone())
    }

    /// Ends one direction or both.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotConnected`](io::ErrorKind::NotConnected).
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open whether it took place.
    pub fn shutdown(&self, how: Shutdown) -> Op<io::Result<()>> {
        self.socket.io.submit(ops::Shutdown {
            fd: self.socket.fd.clone(),
            how,
        })
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotConnected`](io::ErrorKind::NotConnected) once the peer
    /// has reset the connection.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    /// Whether small segments are sent at once instead of being gathered (Nagle's algorithm).
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket.options().set_tcp_nodelay(nodelay)
    }

    /// Whether small segments are sent at once.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.socket.options().tcp_nodelay()
    }

    /// Probes an idle peer after `idle` and from then on, or never with `None`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_keepalive(&self, idle: Option<Duration>) -> io::Result<()> {
        let options = self.socket.options();
        match idle {
            Some(idle) => options.set_tcp_keepalive(&TcpKeepalive::new().with_time(idle)),
            None => options.set_keepalive(false),
        }
    }

    /// How closing treats bytes that were not sent: with a duration the system tries for so long
    /// (zero resets the connection), with `None` it goes on in the background.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.socket.options().set_linger(linger)
    }

    /// The time to live of outgoing packets, in hops.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.socket.options().set_ttl_v4(hops)
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }
}

internet_socket!(TcpStream);
