//! Hello world over the facade's HTTP server.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "the port is the product")]

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use synodic::Runtime;
use synodic::http::{Body, Response, Server, header};
use synodic::net::TcpListener;
use synodic_benches::argument;

fn main() -> Result<(), Box<dyn Error>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, argument(0)));
    let status = Runtime::new()?.run(async move { serve(address) });
    Err(format!("the server ended: {status:?}").into())
}

fn serve(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening {}", listener.local_addr()?.port());
    // The server runs on when what stands for it is dropped.
    drop(Server::new().serve(listener, |_| async { hello() }));
    Ok(())
}

fn hello() -> Response<Body> {
    let mut response = Response::new(Body::from("Hello, World!\n"));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain"),
    );
    response
}
