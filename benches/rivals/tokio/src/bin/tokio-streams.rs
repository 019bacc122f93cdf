//! Numbers through channels between tasks, and bytes through `copy`.
//!
//! `chunks-filled` is a copy without a hop: a reader that fills what it is given, and a writer that
//! counts. `copy-duplex` has two duplexes between them.

use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use rival_tokio::report;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, copy_buf, duplex};
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};

const OBJECTS: usize = 5_000_000;
const QUEUE: usize = 16;
const CHUNK_LEN: usize = 64 * 1024;
const CHUNKS: usize = 16_384;

fn main() -> io::Result<()> {
    let runtime = rival_tokio::runtime()?;
    LocalSet::new().block_on(&runtime, async {
        channels().await;
        without_hop().await?;
        over_duplexes().await
    })
}

async fn channels() {
    let start = Instant::now();
    let (first_in, mut first_out) = mpsc::channel(QUEUE);
    let (second_in, mut second_out) = mpsc::channel(QUEUE);
    let (third_in, mut third_out) = mpsc::channel(QUEUE);
    spawn_local(async move {
        for number in black_box(0..OBJECTS as u64) {
            first_in.send(number).await.expect("somebody receives");
        }
    });
    spawn_local(async move {
        while let Some(number) = first_out.recv().await {
            second_in.send(number + 1).await.expect("somebody receives");
        }
    });
    spawn_local(async move {
        while let Some(number) = second_out.recv().await {
            third_in.send(number * 2).await.expect("somebody receives");
        }
    });
    let mut count = 0;
    while let Some(number) = third_out.recv().await {
        black_box(number);
        count += 1;
    }
    assert_eq!(count, OBJECTS);
    report("handles", start, OBJECTS);
}

/// Fills what it is given, so many bytes in all.
struct Filler(usize);

impl AsyncRead for Filler {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = buffer.remaining().min(self.0);
        buffer
            .initialize_unfilled_to(len)
            .fill(black_box(self.0 as u8));
        buffer.advance(len);
        self.0 -= len;
        Poll::Ready(Ok(()))
    }
}

/// Counts what is written.
struct Counter(usize);

impl AsyncWrite for Counter {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0 += black_box(bytes).len();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn reader() -> tokio::io::BufReader<Filler> {
    tokio::io::BufReader::with_capacity(CHUNK_LEN, Filler(CHUNKS * CHUNK_LEN))
}

async fn without_hop() -> io::Result<()> {
    let start = Instant::now();
    let mut counter = Counter(0);
    copy_buf(&mut reader(), &mut counter).await?;
    assert_eq!(counter.0, CHUNKS * CHUNK_LEN);
    report("chunks-filled", start, CHUNKS);
    Ok(())
}

async fn over_duplexes() -> io::Result<()> {
    let start = Instant::now();
    let (mut first_in, first_out) = duplex(CHUNK_LEN);
    let (mut second_in, second_out) = duplex(CHUNK_LEN);
    let buffered = |end| tokio::io::BufReader::with_capacity(CHUNK_LEN, end);
    spawn_local(async move {
        copy_buf(&mut reader(), &mut first_in).await?;
        first_in.shutdown().await
    });
    spawn_local(async move {
        copy_buf(&mut buffered(first_out), &mut second_in).await?;
        second_in.shutdown().await
    });
    let mut counter = Counter(0);
    copy_buf(&mut buffered(second_out), &mut counter).await?;
    assert_eq!(counter.0, CHUNKS * CHUNK_LEN);
    report("copy-duplex", start, CHUNKS);
    Ok(())
}
