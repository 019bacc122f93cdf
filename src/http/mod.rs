//! An HTTP/1 server on the loop.
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
mod io;
mod server;
mod timer;

pub use body::Body;
/// The body of a request, read as it comes.
pub use hyper::body::Incoming;
pub use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
pub use server::{
    Counts, HEADER_BYTES_MAX_DEFAULT, HEADER_TIMEOUT_DEFAULT, HEADERS_MAX_DEFAULT, Server, Serving,
};
