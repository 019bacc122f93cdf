//! An echo server on monoio in its default configuration: a task and a buffer a connection.

use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};

/// Bytes that a task reads at once.
const BUFFER: usize = 4096;

fn main() -> std::io::Result<()> {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let mut runtime = monoio::RuntimeBuilder::<monoio::FusionDriver>::new().build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        println!("listening {}", listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            monoio::spawn(async move {
                // A peer that resets its connection ends its own task only.
                let _ = echo(stream).await;
            });
        }
    })
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
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
