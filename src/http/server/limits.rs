//! What a server allows, with its defaults.

use std::time::Duration;

/// How long a client may take to send the head of a request. As in Node.
pub const HEADERS_TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);
/// How long a client may take to send a whole request. As in Node.
pub const REQUEST_TIMEOUT_DEFAULT: Duration = Duration::from_secs(300);
/// How long a connection may stay silent between two requests. As in Node.
pub const KEEP_ALIVE_TIMEOUT_DEFAULT: Duration = Duration::from_secs(5);
/// How long a handler waits for the next bytes of a body. Node waits without a limit.
pub const BODY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// How long a client may take none of a response. Node waits without a limit.
pub const WRITE_TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);
/// How many headers a request may have. Node ignores those after the 2,000th; here a request with
/// more than the limit is refused, and up to this number the parser needs no memory of its own.
pub const MAX_HEADERS_COUNT_DEFAULT: usize = 100;
/// How long the head of a request may be, in bytes. As in Node.
pub const MAX_HEADER_SIZE_DEFAULT: usize = 16 * 1024;
/// How many connections may be open at once. Node has no limit.
pub const MAX_CONNECTIONS_DEFAULT: usize = 16 * 1024;

/// The limits of one server. A duration or a count of zero is no limit, as in Node.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) headers_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) keep_alive_timeout: Duration,
    pub(super) body_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) max_headers_count: usize,
    pub(super) max_header_size: usize,
    pub(super) max_body_size: u64,
    pub(super) max_requests_per_socket: u64,
    pub(super) max_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers_timeout: HEADERS_TIMEOUT_DEFAULT,
            request_timeout: REQUEST_TIMEOUT_DEFAULT,
            keep_alive_timeout: KEEP_ALIVE_TIMEOUT_DEFAULT,
            body_timeout: BODY_TIMEOUT_DEFAULT,
            write_timeout: WRITE_TIMEOUT_DEFAULT,
            max_headers_count: MAX_HEADERS_COUNT_DEFAULT,
            max_header_size: MAX_HEADER_SIZE_DEFAULT,
            max_body_size: u64::MAX,
            max_requests_per_socket: 0,
            max_connections: MAX_CONNECTIONS_DEFAULT,
        }
    }
}

/// A limit of zero is none.
pub(super) fn limit(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then_some(duration)
}
