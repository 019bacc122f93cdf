//! Sends back what it receives, and tries that out with a client of its own.

use std::process::ExitCode;

use synodic::net::{TcpListener, TcpStream};

/// Serves one client to its end.
async fn echo(stream: TcpStream) {
    let mut received = stream.receive_stream();
    // A client that resets its connection ends only its own task.
    while let Some(Ok(bytes)) = received.next().await {
        if stream.write_all(bytes).await.0.is_err() {
            break;
        }
    }
}

fn main() -> ExitCode {
    synodic::run(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        // A server would accept for ever; this one ends with its client.
        synodic::spawn_local(async move {
            listener
                .accept()
                .await
                .map(|s| synodic::spawn_local(echo(s)))
                .map(drop)
        });

        let client = TcpStream::connect(address).await?;
        client.write_all("hello").await.0?;
        let (read, bytes) = client.read_exact(vec![0; 5]).await;
        read?;
        eprintln!("{address} sent back {:?}", String::from_utf8_lossy(&bytes));
        std::io::Result::Ok(())
    })
}
