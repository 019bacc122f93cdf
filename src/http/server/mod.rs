//! A server: accepts connections, answers requests, and ends in good order.

mod connection;
mod exchange;
mod into_response;
mod limits;
mod refusal;
mod serving;

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use hyper::Request;
use hyper::server::conn::http1;
use synodic_loop::net::{TcpListener, TcpStream};
use synodic_loop::spawn_local;

use super::incoming::Incoming;
use connection::{Connection, Site};
pub use into_response::IntoResponse;
use limits::Limits;
pub use limits::{
    BODY_TIMEOUT_DEFAULT, HEADERS_TIMEOUT_DEFAULT, KEEP_ALIVE_TIMEOUT_DEFAULT,
    MAX_CONNECTIONS_DEFAULT, MAX_HEADER_SIZE_DEFAULT, MAX_HEADERS_COUNT_DEFAULT,
    REQUEST_TIMEOUT_DEFAULT, WRITE_TIMEOUT_DEFAULT,
};
use serving::Shared;
pub use serving::{Counts, Serving};

/// Options of an HTTP/1 server.
///
/// Connections are kept alive, and pipelined requests are answered in order. The limits guard
/// against clients that send too much or too slowly, or take nothing; a limit of zero is none. What
/// a client gets that exceeds one:
///
/// | limit | default | beyond it |
/// |---|---|---|
/// | [`headers_timeout`](Self::headers_timeout) | 60 s | 408 |
/// | [`request_timeout`](Self::request_timeout) | 300 s | 408 |
/// | [`body_timeout`](Self::body_timeout) | 30 s | 408 |
/// | [`keep_alive_timeout`](Self::keep_alive_timeout) | 5 s | closed |
/// | [`write_timeout`](Self::write_timeout) | 60 s | closed |
/// | [`max_headers_count`](Self::max_headers_count) | 100 | 431 |
/// | [`max_header_size`](Self::max_header_size) | 16 KiB | 431 |
/// | [`max_body_size`](Self::max_body_size) | none | 413 |
/// | [`max_requests_per_socket`](Self::max_requests_per_socket) | none | closed after the last one |
/// | [`max_connections`](Self::max_connections) | 16,384 | closed at once |
///
/// Once a response has begun, nothing else can be answered: the connection is closed instead.
///
/// # Node
///
/// `http.createServer`, with the names and defaults of `http.Server`. Node has no `body_timeout`,
/// `write_timeout` and `max_body_size`. A client that shuts down its sending side still gets its
/// answers. `CONNECT` is answered with 501.
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `serve` is called"]
pub struct Server {
    limits: Limits,
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
            limits: Limits::default(),
        }
    }

    /// How long a client may take to send the head of a request, from its first byte on, or from
    /// when it has connected. Too slow a one is answered with 408.
    #[doc(alias = "headersTimeout")]
    pub fn headers_timeout(mut self, limit: Duration) -> Self {
        self.limits.headers_timeout = limit;
        self
    }

    /// How long a client may take to send a whole request with its body. Too slow a one is answered
    /// with 408.
    #[doc(alias = "requestTimeout")]
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.limits.request_timeout = limit;
        self
    }

    /// How long a handler that reads a body waits for more of it. The client is then answered
    /// with 408.
    pub fn body_timeout(mut self, limit: Duration) -> Self {
        self.limits.body_timeout = limit;
        self
    }

    /// How long a connection may stay silent between two requests. It is then closed.
    #[doc(alias = "keepAliveTimeout")]
    pub fn keep_alive_timeout(mut self, limit: Duration) -> Self {
        self.limits.keep_alive_timeout = limit;
        self
    }

    /// How long a client may take nothing of a response that waits to be sent. Its connection is
    /// then closed. A client that is slow but takes something goes on.
    pub fn write_timeout(mut self, limit: Duration) -> Self {
        self.limits.write_timeout = limit;
        self
    }

    /// How many headers a request may have. One with more is answered with 431.
    ///
    /// Another number than the default costs an allocation a request.
    ///
    /// # Panics
    ///
    /// When `count` is zero: this limit cannot be turned off.
    #[doc(alias = "maxHeadersCount")]
    pub fn max_headers_count(mut self, count: usize) -> Self {
        assert!(count > 0, "a request needs room for at least one header");
        self.limits.max_headers_count = count;
        self
    }

    /// How long the head of a request may be, in bytes. A longer one is answered with 431.
    ///
    /// # Panics
    ///
    /// When `bytes` is zero: this limit cannot be turned off.
    #[doc(alias = "maxHeaderSize")]
    pub fn max_header_size(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "a request needs room for its head");
        self.limits.max_header_size = bytes;
        self
    }

    /// How long the body of a request may be, in bytes. A longer one is answered with 413: at once
    /// when its length is announced, else when the handler reads beyond the limit.
    pub fn max_body_size(mut self, bytes: u64) -> Self {
        self.limits.max_body_size = if bytes == 0 { u64::MAX } else { bytes };
        self
    }

    /// How many requests a connection may make. The last one's response says that the connection is
    /// closed after it.
    #[doc(alias = "maxRequestsPerSocket")]
    pub fn max_requests_per_socket(mut self, count: u64) -> Self {
        self.limits.max_requests_per_socket = count;
        self
    }

    /// How many connections may be open at once. What comes above it is closed at once, and counted
    /// in [`Counts::dropped`].
    #[doc(alias = "maxConnections")]
    pub fn max_connections(mut self, count: usize) -> Self {
        self.limits.max_connections = count;
        self
    }

    /// Answers the requests of all connections to `listener` with `handler`, from now on.
    ///
    /// A handler returns a response, or a `Result` of one: see [`IntoResponse`]. Its future is
    /// dropped when its client has gone, or is answered in its place. A handler that panics is an
    /// exception that nobody caught: without a listener for such, the program ends, as a Node program
    /// does.
    ///
    /// # Panics
    ///
    /// Outside of a loop.
    pub fn serve<H, F>(self, listener: TcpListener, handler: H) -> Serving
    where
        H: Fn(Request<Incoming>) -> F + 'static,
        F: Future<Output: IntoResponse> + 'static,
    {
        let site = Rc::new(Site {
            protocol: self.protocol(),
            limits: Rc::new(self.limits),
            handler,
            shared: Rc::new(Shared::default()),
        });
        let shared = site.shared.clone();
        let accept = spawn_local(async move {
            let mut incoming = listener.incoming();
            while let Some(stream) = incoming.next().await {
                match stream {
                    Ok(stream) => admit(&site, stream),
                    // The listener tries again by itself.
                    Err(_) => site.shared.count(|counts| counts.accept_errors += 1),
                }
            }
        });
        Serving::new(shared, accept)
    }

    /// The limits that hyper keeps. The times are kept here: hyper closes where 408 is due.
    fn protocol(&self) -> http1::Builder {
        let limits = &self.limits;
        let mut protocol = http1::Builder::new();
        protocol
            .half_close(true)
            .max_header_size(limits.max_header_size)
            .max_buf_size(super::CONNECTION_BUFFER_BYTES_MAX.max(limits.max_header_size))
            .header_read_timeout(None);
        if limits.max_headers_count != MAX_HEADERS_COUNT_DEFAULT {
            protocol.max_headers(limits.max_headers_count);
        }
        protocol
    }
}

fn admit<H, F>(site: &Rc<Site<H>>, stream: TcpStream)
where
    H: Fn(Request<Incoming>) -> F + 'static,
    F: Future<Output: IntoResponse> + 'static,
{
    let max = site.limits.max_connections;
    if max != 0 && site.shared.connections() >= max {
        site.shared.count(|counts| counts.dropped += 1);
        return;
    }
    let connection = Connection::open(site, stream);
    spawn_local(connection.run(site.clone()));
}
