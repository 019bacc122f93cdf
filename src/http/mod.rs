//! An HTTP/1 server and client on the loop.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use synodic::http::{Body, Response, Server};
//! use synodic::net::TcpListener;
//!
//! fn main() -> ExitCode {
//!     synodic::run(async {
//!         let listener = TcpListener::bind(([127, 0, 0, 1], 8000).into())?;
//!         Server::new().serve(listener, async |_request| Response::new(Body::from("hello\n")));
//!         Ok::<(), std::io::Error>(())
//!     })
//! }
//! ```

mod body;
mod client;
mod incoming;
mod io;
mod server;

pub use body::{BODY_HIGH_WATER_MARK_DEFAULT, Body, BodyClosed, BodyWriter};
pub use client::{
    CLIENT_BODY_TIMEOUT_DEFAULT, CLIENT_KEEP_ALIVE_TIMEOUT_DEFAULT, CONNECT_TIMEOUT_DEFAULT,
    Client, ClientBuilder, ClientError, MAX_FREE_SOCKETS_DEFAULT, RESPONSE_TIMEOUT_DEFAULT, get,
};
pub use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version, header};
pub use incoming::{BodyError, Incoming};
pub use server::{
    BODY_TIMEOUT_DEFAULT, Counts, HEADERS_TIMEOUT_DEFAULT, IntoResponse,
    KEEP_ALIVE_TIMEOUT_DEFAULT, MAX_CONNECTIONS_DEFAULT, MAX_HEADER_SIZE_DEFAULT,
    MAX_HEADERS_COUNT_DEFAULT, REQUEST_TIMEOUT_DEFAULT, Server, Serving, WRITE_TIMEOUT_DEFAULT,
};

/// What hyper gathers of one connection, in bytes, before it waits: beside it there are the buffers
/// of the loop's [`TcpIo`](crate::net::TcpIo) and the system's.
const CONNECTION_BUFFER_BYTES_MAX: usize = 64 * 1024;
