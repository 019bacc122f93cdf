//! Reads lines under tokio: into pooled memory, cut out without a copy, sent to another task.

#![expect(clippy::print_stdout, reason = "a program shows what it did")]

use std::error::Error;

use synodic_buffers::{Buffer, BufferMut, BytesExt, Encoding, LocalPool};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

/// Most bytes that are read at a time.
const READ_BYTES: usize = 8 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread()
        .build()?
        .block_on(lines())
}

async fn lines() -> Result<(), Box<dyn Error>> {
    let (mut far, mut near) = tokio::io::duplex(64);
    let (sender, mut receiver) = mpsc::channel::<Buffer>(16);
    let writer = tokio::spawn(async move { far.write_all(b"aGVs\nbG8=\nd29ybGQ=").await });
    let decoder = tokio::spawn(async move {
        while let Some(line) = receiver.recv().await {
            let bytes = Encoding::Base64.encode(&Encoding::Utf8.decode(&line));
            println!("{}", Encoding::Utf8.decode(&bytes));
        }
    });

    let mut rest = Buffer::new();
    loop {
        // A full buffer reads nothing, which would look like the end: there is always room for more.
        let mut block = BufferMut::with_capacity(rest.len() + READ_BYTES);
        block.put(&rest);
        if near.read_buf(&mut block).await? == 0 {
            break;
        }
        rest = block.freeze();
        while let Some(end) = rest.index_of(b"\n", 0) {
            let line = rest.split_to(end);
            rest.advance(1);
            sender.send(line).await?;
        }
    }
    if !rest.is_empty() {
        sender.send(rest).await?;
    }
    drop(sender);
    writer.await??;
    decoder.await?;
    println!("{:?}", LocalPool::stats());
    Ok(())
}
