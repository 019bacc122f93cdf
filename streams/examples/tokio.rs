//! Numbered lines under tokio alone: a reader, three stages and a writer in one task, stopped by a signal
//! the second time.

#![expect(clippy::print_stdout, reason = "a program shows what it did")]

use synodic_buffers::Buffer;
use synodic_streams::{AbortController, Lines, Result, compat, map, pipeline};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (mut client, server) = duplex(64);
    let (reader, writer) = tokio::io::split(server);
    let mut count = 0;
    let number = map(move |line: Buffer| {
        count += 1;
        Ok(Buffer::from(format!(
            "{count} {}\n",
            String::from_utf8_lossy(&line)
        )))
    });
    let source = compat::tokio::from_reader(reader);
    let sink = compat::tokio::from_writer(writer);
    // It may go to any thread of tokio's.
    let served = tokio::spawn(pipeline((source, Lines::new(), number, sink)));

    client.write_all(b"one\ntwo\nthree").await?;
    client.shutdown().await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    print!("{answer}");
    println!("{:?}", served.await.expect("the task does not panic")?);

    let controller = AbortController::new();
    let (_client, server) = duplex(64);
    let lines = compat::tokio::from_reader(server);
    let waiting = pipeline((lines, Vec::new())).signal(&controller.signal());
    let waiting = tokio::spawn(waiting);
    tokio::task::yield_now().await;
    controller.abort();
    let stopped = waiting.await.expect("the task does not panic");
    println!("{}", stopped.expect_err("the client never ends").code());
    Ok(())
}
