//! A server: accepts connections, answers requests, and ends in good order.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use synodic_loop::net::{TcpListener, TcpStream};
use synodic_loop::{JoinHandle, spawn_local, timeout};

use super::body::Body;
use super::io::HttpIo;
use super::timer::LoopTimer;

/// How many headers a request may have unless told otherwise.
pub const HEADERS_MAX_DEFAULT: usize = 100;
/// How long the head of a request may be unless told otherwise, in bytes. As in Node.
pub const HEADER_BYTES_MAX_DEFAULT: usize = 16 * 1024;
/// How long a client may take to send a head, or to send nothing between two requests, unless told
/// otherwise.
pub const HEADER_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// Options of an HTTP/1 server.
///
/// Connections are kept alive, and pipelined requests are answered in order. The limits guard
/// against clients that send too much or too slowly.
///
/// # Node
///
/// `http.createServer`.
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `serve` is called"]
pub struct Server {
    headers_max: usize,
    header_bytes_max: usize,
    header_timeout: Duration,
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// The default limits.
    pub fn new() -> Self {
        Self {
            headers_max: HEADERS_MAX_DEFAULT,
            header_bytes_max: HEADER_BYTES_MAX_DEFAULT,
            header_timeout: HEADER_TIMEOUT_DEFAULT,
        }
    }

    /// How many headers a request may have. One with more is answered with 431.
    pub fn headers_max(mut self, count: usize) -> Self {
        self.headers_max = count;
        self
    }

    /// How long the head of a request may be. A longer one is answered with 431.
    pub fn header_bytes_max(mut self, bytes: usize) -> Self {
        self.header_bytes_max = bytes;
        self
    }

    /// How long a client may take to send a head, or to send nothing between two requests. Its
    /// connection is then closed.
    pub fn header_timeout(mut self, limit: Duration) -> Self {
        self.header_timeout = limit;
        self
    }

    /// Answers the requests of all connections to `listener` with `handler`, from now on.
    ///
    /// A handler that panics is an exception that nobody caught: without a listener for such, the
    /// program ends, as a Node program does.
    ///
    /// # Panics
    ///
    /// Outside of a loop.
    pub fn serve<H, F>(self, listener: TcpListener, handler: H) -> Serving
    where
        H: Fn(Request<Incoming>) -> F + 'static,
        F: Future<Output = Response<Body>> + 'static,
    {
        let mut protocol = http1::Builder::new();
        protocol
            .timer(LoopTimer)
            .max_headers(self.headers_max)
            .max_header_size(self.header_bytes_max)
            .header_read_timeout(self.header_timeout);
        let shared = Rc::new(Shared::default());
        let (handler, connections) = (Rc::new(handler), shared.clone());
        let accept = spawn_local(async move {
            let mut incoming = listener.incoming();
            while let Some(stream) = incoming.next().await {
                // Without descriptors the listener tries again by itself.
                let Ok(stream) = stream else { continue };
                let connection = Connection::open(connections.clone());
                spawn_local(connection.run(stream, protocol.clone(), handler.clone()));
            }
        });
        Serving { shared, accept }
    }
}

/// How many requests a server has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests whose head was read and found well-formed.
    pub read: u64,
    /// Responses that were taken to the end by the connection.
    pub answered: u64,
    /// Connections that are open now.
    pub connections: usize,
}

/// A server that runs. Dropping it lets the server run on.
pub struct Serving {
    shared: Rc<Shared>,
    accept: JoinHandle<()>,
}

impl Serving {
    /// What the server has done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// A view of [`counts`](Self::counts) for a handler.
    pub fn counter(&self) -> impl Fn() -> Counts + 'static {
        let shared = self.shared.clone();
        move || shared.counts()
    }

    /// Ends the server: accepts no more connections, finishes the requests in flight, and closes
    /// each connection after its response. What is not done within `limit` is broken off.
    ///
    /// # Node
    ///
    /// `server.close`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the server closing, without a limit.
    pub async fn shutdown(self, limit: Duration) -> Counts {
        self.accept.abort();
        self.shared.set_stage(Stage::Closing);
        let drained = timeout(limit, poll_fn(|cx| self.shared.poll_drained(cx))).await;
        if drained.is_err() {
            self.shared.set_stage(Stage::Aborted);
            poll_fn(|cx| self.shared.poll_drained(cx)).await;
        }
        self.shared.counts()
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    Closing,
    Aborted,
}

/// What the connections of a server share with it.
#[derive(Default)]
struct Shared {
    stage: Cell<Stage>,
    read: Cell<u64>,
    answered: Cell<u64>,
    next_id: Cell<u64>,
    /// By connection: what wakes its task.
    wakers: RefCell<HashMap<u64, Rc<RefCell<Waker>>>>,
    drained: RefCell<Option<Waker>>,
}

impl Shared {
    fn counts(&self) -> Counts {
        Counts {
            read: self.read.get(),
            answered: self.answered.get(),
            connections: self.wakers.borrow().len(),
        }
    }

    fn set_stage(&self, stage: Stage) {
        self.stage.set(stage);
        let wakers: Vec<_> = self.wakers.borrow().values().cloned().collect();
        for waker in wakers {
            waker.borrow().wake_by_ref();
        }
    }

    fn poll_drained(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.wakers.borrow().is_empty() {
            return Poll::Ready(());
        }
        self.drained.replace(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// One connection, for as long as its task exists.
struct Connection {
    shared: Rc<Shared>,
    id: u64,
    waker: Rc<RefCell<Waker>>,
}

impl Connection {
    fn open(shared: Rc<Shared>) -> Self {
        let id = shared.next_id.replace(shared.next_id.get() + 1);
        let waker = Rc::new(RefCell::new(Waker::noop().clone()));
        shared.wakers.borrow_mut().insert(id, waker.clone());
        Self { shared, id, waker }
    }

    async fn run<H, F>(self, stream: TcpStream, protocol: http1::Builder, handler: Rc<H>)
    where
        H: Fn(Request<Incoming>) -> F,
        F: Future<Output = Response<Body>>,
    {
        // A client that does not get its small answers at once is slower, and still served.
        let _ = stream.set_nodelay(true);
        let service = service_fn(|request: Request<Incoming>| {
            let shared = self.shared.clone();
            shared.read.set(shared.read.get() + 1);
            let is_head = request.method() == Method::HEAD;
            let response = handler(request);
            async move {
                let response = response.await;
                Ok::<_, Infallible>(response.map(|body| Counted {
                    body,
                    is_head,
                    shared,
                }))
            }
        });
        let mut connection = protocol.serve_connection(HttpIo::new(stream), service);
        let mut closing = false;
        // An error is the client's doing: malformed, too slow, or gone. Hyper has answered it.
        let _ = poll_fn(|cx| {
            match self.poll_stage(cx) {
                Stage::Closing if !closing => {
                    closing = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
                Stage::Aborted => return Poll::Ready(Ok(())),
                Stage::Open | Stage::Closing => {}
            }
            Pin::new(&mut connection).poll(cx)
        })
        .await;
    }

    /// What the server wants; the task is woken when that changes.
    fn poll_stage(&self, cx: &Context<'_>) -> Stage {
        if !self.waker.borrow().will_wake(cx.waker()) {
            self.waker.replace(cx.waker().clone());
        }
        self.shared.stage.get()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.wakers.borrow_mut().remove(&self.id);
        if self.shared.wakers.borrow().is_empty()
            && let Some(drained) = self.shared.drained.take()
        {
            drained.wake();
        }
    }
}

/// A body that counts as answered when it was taken to its end.
struct Counted {
    body: Body,
    /// The answer to `HEAD` has no body to take.
    is_head: bool,
    shared: Rc<Shared>,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.is_head || self.body.is_end_stream() {
            self.shared.answered.set(self.shared.answered.get() + 1);
        }
    }
}
