//! Goal: pipes end, fill and fail as pipe(7) says. Method: both ends on one loop, on whichever driver
//! `SYNODIC_DRIVER` names.

use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::Poll;

use synodic_loop::io::Canceled;
use synodic_loop::pipe::{PipeReader, PipeWriter, pipe};
use synodic_loop::{EventLoop, immediate, spawn_local};

fn block_on(future: impl Future<Output = ()> + 'static) {
    let mut event_loop = EventLoop::new().unwrap();
    event_loop.block_on(future).unwrap();
}

#[test]
fn bytes_come_in_order_until_nobody_writes() {
    block_on(async {
        let (reader, writer) = pipe().unwrap();
        let writing = spawn_local(async move {
            for number in 0..10_000_u32 {
                writer
                    .write_all(number.to_le_bytes().to_vec())
                    .await
                    .0
                    .unwrap();
            }
        });
        let all = reader.read_to_end(40_000).await.unwrap();
        writing.await.unwrap();
        let numbers = all
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes(four.try_into().unwrap()));
        assert!(numbers.eq(0..10_000));
        let (read, _) = reader.read(vec![0; 8]).await;
        assert_eq!(read.unwrap(), 0);
    });
}

#[test]
fn a_full_pipe_makes_the_writer_wait() {
    block_on(async {
        let (reader, writer) = pipe().unwrap();
        let mut writing = Box::pin(writer.write_all(vec![7; 1 << 20]));
        for _ in 0..4 {
            assert!(!is_ready(writing.as_mut()).await);
            immediate().await;
        }
        let mut len = 0;
        while !is_ready(writing.as_mut()).await {
            let (read, bytes) = reader.read(Vec::with_capacity(100_000)).await;
            len += read.unwrap();
            assert!(bytes.iter().all(|byte| *byte == 7));
        }
        drop(writing);
        drop(writer);
        len += reader.read_to_end(1 << 20).await.unwrap().len();
        assert_eq!(len, 1 << 20);
    });
}

#[test]
fn writing_where_nobody_reads_is_an_error() {
    block_on(async {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let (written, buffer) = writer.write_all("lost").await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(buffer, "lost");
    });
}

#[test]
fn more_than_was_asked_for_is_an_error() {
    block_on(async {
        let (reader, writer) = pipe().unwrap();
        writer.write_all("12345").await.0.unwrap();
        let error = reader.read_to_end(4).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(error.to_string().contains('4'), "{error}");
    });
}

#[test]
fn a_canceled_read_loses_no_bytes() {
    block_on(async {
        let (reader, writer) = pipe().unwrap();
        let reading = reader.read(Vec::with_capacity(16));
        immediate().await;
        let Canceled::Canceled((_, buffer)) = reading.cancel().await else {
            panic!("nothing was written");
        };
        writer.write_all("late").await.0.unwrap();
        let (read, buffer) = match reader.read(buffer).cancel().await.into_inner() {
            (Ok(count), buffer) => (Ok(count), buffer),
            (Err(_), buffer) => reader.read(buffer).await,
        };
        assert_eq!((read.unwrap(), &buffer[..]), (4, &b"late"[..]));
    });
}

#[test]
fn the_ends_of_a_fifo_meet() {
    let path = std::env::temp_dir().join(format!("synodic-fifo-{}", std::process::id()));
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    );
    made.unwrap();
    let open = |write: bool| {
        let mut options = std::fs::OpenOptions::new();
        // For both, so that neither open waits for the other end.
        options.read(true).write(write).open(&path).unwrap()
    };
    let (writer, reader) = (open(true), open(false));
    std::fs::remove_file(&path).unwrap();
    block_on(async move {
        let writer = PipeWriter::from_fd(writer.into()).unwrap();
        let reader = PipeReader::from_fd(reader.into()).unwrap();
        writer.write_all("met").await.0.unwrap();
        drop(writer);
        assert_eq!(reader.read_to_end(16).await.unwrap(), *b"met");
    });
}

/// Polls a future once, and says whether it is ready.
async fn is_ready(mut future: Pin<&mut impl Future>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}
