//! An echo server: a task for each connection, a buffer for each task.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Bytes that a task reads at once.
const BUFFER: usize = 4096;

fn main() -> std::io::Result<()> {
    rival_tokio::runtime()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", rival_tokio::port())).await?;
        println!("listening {}", listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                // A peer that resets its connection ends its own task only.
                let _ = echo(stream).await;
            });
        }
    })
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..length]).await?;
    }
}
