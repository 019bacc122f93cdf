//! Why a request has no response.

use std::error::Error;
use std::io;
use std::time::Duration;

use hyper::Method;

/// Whatever is behind an error, such as the parser's complaint.
type Source = Box<dyn Error + Send + Sync>;

/// Why a request has no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL is not one that can be asked for.
    #[error("cannot request `{url}`: expected {expected}")]
    InvalidUrl {
        /// The URL as it was given.
        url: String,
        /// What it lacks.
        expected: &'static str,
    },
    /// The URL's scheme is not `http`. There is no TLS here yet.
    #[error("cannot request `{url}`: expected the scheme `http`, and `{scheme}` is not supported")]
    UnsupportedScheme {
        /// The URL as it was given.
        url: String,
        /// Its scheme.
        scheme: String,
    },
    /// The method is `CONNECT`, which asks for a tunnel.
    #[error("cannot request `{url}`: the method `{method}` is not supported")]
    UnsupportedMethod {
        /// The URL as it was given.
        url: String,
        /// The method.
        method: Method,
    },
    /// The host has no address.
    #[error("cannot request `{url}`: no address found for `{host}`")]
    Resolve {
        /// The URL as it was given.
        url: String,
        /// Its host.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// None of the host's addresses takes a connection.
    #[error("cannot request `{url}`: could not connect")]
    Connect {
        /// The URL as it was given.
        url: String,
        /// What the system says of the last address.
        source: io::Error,
    },
    /// Finding the host and connecting to it took too long.
    #[error("cannot request `{url}`: not connected within {limit:?}")]
    ConnectTimeout {
        /// The URL as it was given.
        url: String,
        /// The limit that was set.
        limit: Duration,
    },
    /// The request was sent, and the head of a response did not come in time.
    #[error("no response from `{url}` within {limit:?}")]
    ResponseTimeout {
        /// The URL as it was given.
        url: String,
        /// The limit that was set.
        limit: Duration,
    },
    /// The connection failed before the head of a response had come.
    #[error("the connection to `{url}` ended before a response had come")]
    Connection {
        /// The URL as it was given.
        url: String,
        /// What happened.
        source: Source,
    },
    /// What came is no response, or one with too large a head.
    #[error("the response from `{url}` is malformed")]
    Malformed {
        /// The URL as it was given.
        url: String,
        /// What is wrong with it.
        source: Source,
    },
    /// The body of the request could not be produced.
    #[error("the request to `{url}` was broken off: its body failed")]
    RequestBody {
        /// The URL as it was given.
        url: String,
        /// What happened.
        source: Source,
    },
}

impl ClientError {
    pub(super) fn of_exchange(url: &str, error: hyper::Error) -> Self {
        let (url, is_parse, is_user) = (url.to_owned(), error.is_parse(), error.is_user());
        let source = error.into();
        if is_parse {
            Self::Malformed { url, source }
        } else if is_user {
            Self::RequestBody { url, source }
        } else {
            Self::Connection { url, source }
        }
    }

    /// The URL that was asked for.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::InvalidUrl { url, .. }
            | Self::UnsupportedScheme { url, .. }
            | Self::UnsupportedMethod { url, .. }
            | Self::Resolve { url, .. }
            | Self::Connect { url, .. }
            | Self::ConnectTimeout { url, .. }
            | Self::ResponseTimeout { url, .. }
            | Self::Connection { url, .. }
            | Self::Malformed { url, .. }
            | Self::RequestBody { url, .. } => url,
        }
    }

    /// Node's code for this error, where it has one.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::InvalidUrl { .. } => Some("ERR_INVALID_URL"),
            Self::UnsupportedScheme { .. } => Some("ERR_INVALID_PROTOCOL"),
            Self::Resolve { .. } => Some("ENOTFOUND"),
            Self::Connect { source, .. } => match source.kind() {
                io::ErrorKind::ConnectionRefused => Some("ECONNREFUSED"),
                io::ErrorKind::HostUnreachable => Some("EHOSTUNREACH"),
                io::ErrorKind::NetworkUnreachable => Some("ENETUNREACH"),
                io::ErrorKind::TimedOut => Some("ETIMEDOUT"),
                _ => None,
            },
            Self::ConnectTimeout { .. } | Self::ResponseTimeout { .. } => Some("ETIMEDOUT"),
            Self::Connection { .. } => Some("ECONNRESET"),
            Self::Malformed { .. } | Self::UnsupportedMethod { .. } | Self::RequestBody { .. } => {
                None
            }
        }
    }
}
