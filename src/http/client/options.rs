//! What a client may do.

use std::time::Duration;

use super::Client;
use crate::http::MAX_HEADER_SIZE_DEFAULT;

/// How long finding a host and connecting to it may take. As in Node's `fetch`.
pub const CONNECT_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// How long the head of a response may take. As in Node's `fetch`.
pub const RESPONSE_TIMEOUT_DEFAULT: Duration = Duration::from_secs(300);
/// How long the next bytes of a response's body may take. As in Node's `fetch`.
pub const CLIENT_BODY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(300);
/// How long an idle connection is kept. As in Node's `fetch`: less than Node's servers keep it.
pub const CLIENT_KEEP_ALIVE_TIMEOUT_DEFAULT: Duration = Duration::from_secs(4);
/// How many idle connections of one origin are kept. As in Node's `http.Agent`.
pub const MAX_FREE_SOCKETS_DEFAULT: usize = 256;

/// The longest that a timer runs, a little under 25 days.
const KEEP_ALIVE_TIMEOUT_MAX: Duration = Duration::from_millis((1 << 31) - 1);

#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) keep_alive: bool,
    pub(super) keep_alive_timeout: Duration,
    pub(super) max_free_sockets: usize,
    pub(super) connect_timeout: Duration,
    pub(super) response_timeout: Duration,
    pub(super) body_timeout: Duration,
    pub(super) max_body_size: u64,
    pub(super) max_header_size: usize,
}

/// Options of a [`Client`]. A time limit of zero is none.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use synodic::http::Client;
///
/// let client = Client::builder()
///     .connect_timeout(Duration::from_secs(2))
///     .max_free_sockets(8)
///     .build();
/// # drop(client);
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `build` is called"]
pub struct ClientBuilder(Options);

impl Default for ClientBuilder {
    fn default() -> Self {
        Self(Options {
            keep_alive: true,
            keep_alive_timeout: CLIENT_KEEP_ALIVE_TIMEOUT_DEFAULT,
            max_free_sockets: MAX_FREE_SOCKETS_DEFAULT,
            connect_timeout: CONNECT_TIMEOUT_DEFAULT,
            response_timeout: RESPONSE_TIMEOUT_DEFAULT,
            body_timeout: CLIENT_BODY_TIMEOUT_DEFAULT,
            max_body_size: u64::MAX,
            max_header_size: MAX_HEADER_SIZE_DEFAULT,
        })
    }
}

impl ClientBuilder {
    /// Whether connections are kept for the next request. Otherwise each request says
    /// `Connection: close`.
    #[doc(alias = "keepAlive")]
    pub fn keep_alive(mut self, keep: bool) -> Self {
        self.0.keep_alive = keep;
        self
    }

    /// How long an idle connection is kept: 4 s unless told otherwise, 24 days at most.
    pub fn keep_alive_timeout(mut self, limit: Duration) -> Self {
        self.0.keep_alive_timeout = limit.min(KEEP_ALIVE_TIMEOUT_MAX);
        self
    }

    /// How many idle connections of one origin are kept: 256 unless told otherwise. One that comes
    /// on top closes the one that has been idle for longest.
    #[doc(alias = "maxFreeSockets")]
    pub fn max_free_sockets(mut self, count: usize) -> Self {
        self.0.max_free_sockets = count;
        self
    }

    /// How long finding a host and connecting to it may take: 10 s unless told otherwise.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.0.connect_timeout = limit;
        self
    }

    /// How long the head of a response may take from when the request was sent: 300 s unless told
    /// otherwise.
    pub fn response_timeout(mut self, limit: Duration) -> Self {
        self.0.response_timeout = limit;
        self
    }

    /// How long one who reads a response's body waits for the next bytes: 300 s unless told
    /// otherwise.
    pub fn body_timeout(mut self, limit: Duration) -> Self {
        self.0.body_timeout = limit;
        self
    }

    /// How long the body of a response may be, in bytes; unlimited unless told otherwise.
    pub fn max_body_size(mut self, bytes: u64) -> Self {
        self.0.max_body_size = bytes;
        self
    }

    /// How long the head of a response may be, in bytes: 16 KiB unless told otherwise.
    #[doc(alias = "maxHeaderSize")]
    pub fn max_header_size(mut self, bytes: usize) -> Self {
        self.0.max_header_size = bytes;
        self
    }

    /// The client.
    #[must_use]
    pub fn build(self) -> Client {
        Client::from_options(self.0)
    }
}
