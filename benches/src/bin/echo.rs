//! An echo server: a task for each connection, a buffer for each task.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "the port is the product")]

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use synodic_benches::argument;
use synodic_loop::net::{TcpListener, TcpStream};
use synodic_loop::{EventLoop, spawn_local};

/// Bytes that a task reads at once.
const BUFFER: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, argument(0)));
    let status = EventLoop::new()?.run_async(serve(address));
    Err(format!("the server ended: {status:?}").into())
}

async fn serve(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening {}", listener.local_addr()?.port());
    let mut incoming = listener.incoming();
    while let Some(stream) = incoming.next().await {
        let stream = stream?;
        // A peer that resets its connection ends its own task only.
        spawn_local(async move { echo(stream).await.unwrap_or(()) });
    }
    Ok(())
}

async fn echo(stream: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        let (read, filled) = stream.read(buffer).await;
        if read? == 0 {
            return Ok(());
        }
        let (written, mut sent) = stream.write_all(filled).await;
        written?;
        sent.clear();
        buffer = sent;
    }
}
