//! Sends back what it receives, to any number of clients.

use std::io;
use std::process::ExitCode;

use synodic::net::TcpListener;

fn main() -> ExitCode {
    synodic::run(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 8000).into())?;
        eprintln!("echo on {}", listener.local_addr()?);
        loop {
            let stream = listener.accept().await?;
            synodic::spawn_local(async move {
                let mut received = stream.receive_stream();
                // A client that resets its connection ends only its own task.
                while let Some(Ok(bytes)) = received.next().await {
                    if stream.write_all(bytes).await.0.is_err() {
                        break;
                    }
                }
            });
        }
        #[expect(unreachable_code, reason = "names the type of the error")]
        Ok::<(), io::Error>(())
    })
}
