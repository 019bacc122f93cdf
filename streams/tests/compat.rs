//! Readers and writers that take and give little at a time lose nothing.
#![cfg(all(feature = "futures", feature = "tokio"))]

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::StreamExt;
use synodic_buffers::Buffer;
use synodic_streams::{Source, compat, from_iter, pipeline};
use tokio::io::{AsyncReadExt, duplex};

/// Lines of different lengths, so that cuts fall everywhere.
fn text() -> Vec<u8> {
    let lines = (0..200).map(|number| format!("{}\n", "x".repeat(number % 37)));
    lines.collect::<String>().into_bytes()
}

fn chunks(text: &[u8]) -> Vec<Buffer> {
    text.chunks(53).map(Buffer::copy_from_slice).collect()
}

#[tokio::test]
async fn bytes_go_through_a_narrow_duplex_under_tokio() {
    let text = text();
    let (near, far) = duplex(7);
    let writing = pipeline((from_iter(chunks(&text)), compat::tokio::from_writer(near)));
    let writing = tokio::spawn(writing);
    let parts = compat::tokio::from_reader(far).to_vec().await.unwrap();
    assert_eq!(Buffer::concat(&parts), text);
    let totals = writing.await.unwrap().unwrap();
    assert_eq!(totals.units, text.len() as u64);
}

#[tokio::test]
async fn a_source_is_a_reader() {
    let text = text();
    let mut read = Vec::new();
    let mut reader = compat::tokio::into_reader(from_iter(chunks(&text)));
    reader.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, text);
}

/// Takes three bytes at a time, and is pending before each.
#[derive(Default)]
struct Stingy {
    written: Vec<u8>,
    is_ready: bool,
    is_closed: bool,
}

impl futures_io::AsyncWrite for &mut Stingy {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !std::mem::replace(&mut self.is_ready, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_ready = false;
        let len = bytes.len().min(3);
        self.written.extend_from_slice(&bytes[..len]);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_closed = true;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_stingy_writer_gets_everything() {
    let text = text();
    let mut writer = Stingy::default();
    let sink = compat::futures::from_writer(&mut writer);
    pipeline((from_iter(chunks(&text)), sink)).await.unwrap();
    assert_eq!(writer.written, text);
    assert!(writer.is_closed);
}

#[tokio::test]
async fn a_sink_is_a_writer() {
    let text = text();
    let (mut by_tokio, mut by_futures) = (Vec::new(), Vec::new());
    let mut writer = compat::tokio::into_writer(&mut by_tokio);
    tokio::io::AsyncWriteExt::write_all(&mut writer, &text)
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut writer)
        .await
        .unwrap();
    let late = tokio::io::AsyncWriteExt::write(&mut writer, b"more").await;
    assert!(late.is_err(), "the end was written");
    drop(writer);
    let mut writer = compat::futures::into_writer(&mut by_futures);
    for chunk in text.chunks(11) {
        futures_util::AsyncWriteExt::write_all(&mut writer, chunk)
            .await
            .unwrap();
    }
    futures_util::AsyncWriteExt::close(&mut writer)
        .await
        .unwrap();
    drop(writer);
    assert_eq!(Buffer::concat(&by_tokio), text);
    assert_eq!(Buffer::concat(&by_futures), text);

    let mut read = Vec::new();
    let mut reader = compat::futures::into_reader(from_iter(by_futures));
    futures_util::AsyncReadExt::read_to_end(&mut reader, &mut read)
        .await
        .unwrap();
    let again = compat::futures::from_reader(&read[..])
        .to_vec()
        .await
        .unwrap();
    assert_eq!(Buffer::concat(&again), text);
}

#[tokio::test]
async fn streams_go_both_ways() {
    let stream = compat::futures::into_stream(from_iter(0..100));
    let source = compat::futures::from_stream(stream.map(|item| item.map(|number| number * 2)));
    let doubled = source.to_vec().await.unwrap();
    assert!(doubled.into_iter().eq((0..100).map(|number| number * 2)));
}
