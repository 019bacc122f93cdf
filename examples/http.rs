//! Sends an upload back in upper case while it comes, and tries that out with a client of its own.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use synodic::http::{Body, BodyError, BodyWriter, Client, Incoming, Request, Response, Server};
use synodic::net::TcpListener;

async fn shout(request: Request<Incoming>) -> Response<Body> {
    let (writer, body) = Body::channel();
    synodic::spawn_local(copy(request.into_body(), writer));
    Response::new(body)
}

/// Goes at the pace of the slower side. A failure breaks the response off: the writer is dropped.
async fn copy(mut from: Incoming, mut to: BodyWriter) -> Result<(), BodyError> {
    while let Some(buffer) = from.next().await {
        if to.write(buffer?.to_ascii_uppercase()).await.is_err() {
            return Ok(());
        }
    }
    to.end();
    Ok(())
}

async fn try_out() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    let url = format!("http://{}/", listener.local_addr()?);
    let serving = Server::new()
        .max_body_size(1024 * 1024)
        .body_timeout(Duration::from_secs(5))
        .serve(listener, shout);

    let client = Client::new();
    for words in ["hello", "over the same connection"] {
        let request = Request::post(&url).body(Body::from(words))?;
        let response = client.request(request).await?;
        let answer = response.into_body().collect(1024).await?;
        eprintln!("{words}: {}", String::from_utf8_lossy(&answer));
    }
    serving.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

fn main() -> ExitCode {
    synodic::run(async {
        if let Err(error) = try_out().await {
            eprintln!("{error}");
            synodic::process::exit(1);
        }
    })
}
