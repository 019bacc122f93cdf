//! Objects, chunks and lines through a source, two transforms and a sink.
//!
//! `fused`: numbers through one future. `boxed`: every stage is a box. `handles`: a task a stage, queues
//! of 16 between them. `chunks-by-reference`: 64 KiB that exist once. `chunks-filled`: 64 KiB that are
//! allocated and written each. `copy-duplex`: the same through two queues between three tasks. `lines`:
//! chunks of 64 KiB cut into lines of 100
//! bytes. `objects`: Node's objects. Each is a time for an object, a chunk or a line.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::error::Error;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll};
use std::time::Instant;

use synodic_benches::{COUNT, report};
use synodic_buffers::{Buffer, BufferMut};
use synodic_loop::{EventLoop, spawn_local};
use synodic_streams::{
    Batch, BoxSink, BoxSource, BoxTransform, Lines, Options, Result, Sink, Source, from_iter,
    handles, map, node, pipeline, sink_fn,
};

/// Numbers of the cheap cases, which would be over too soon otherwise.
const OBJECTS: usize = 10 * COUNT;

/// Bytes of a chunk.
const CHUNK_LEN: usize = 64 * 1024;

/// Chunks that pass.
const CHUNKS: usize = 65_536;

/// Bytes of a line, with its end.
const LINE_LEN: usize = 100;

/// Chunks that are cut into lines.
const TEXTS: usize = 2000;

/// Items of a queue between two tasks.
const QUEUE: usize = 16;

fn main() -> std::result::Result<(), Box<dyn Error>> {
    EventLoop::new()?.block_on(async {
        fused().await?;
        boxed().await?;
        by_handles().await?;
        chunks_by_reference().await?;
        chunks_filled().await?;
        copy_duplex().await?;
        objects()?;
        lines().await
    })??;
    Ok(())
}

/// The sum, so that something depends on every number.
fn check(sum: u64, count: usize) {
    let count = count as u64;
    assert_eq!(sum, count * (count - 1) + 2 * count, "nothing is lost");
}

async fn fused() -> Result<()> {
    let start = Instant::now();
    let mut sum = 0;
    let stages = (
        from_iter(black_box(0..OBJECTS as u64)),
        map(|number: u64| Ok(number + 1)),
        map(|number: u64| Ok(number * 2)),
        sink_fn(|number: u64| {
            sum += black_box(number);
            Ok(())
        }),
    );
    pipeline(stages).await?;
    report("fused", start.elapsed(), OBJECTS);
    check(sum, OBJECTS);
    Ok(())
}

async fn boxed() -> Result<()> {
    let start = Instant::now();
    let source: BoxSource<u64> = Box::new(from_iter(black_box(0..OBJECTS as u64)));
    let first: BoxTransform<u64, u64> = Box::new(map(|number: u64| Ok(number + 1)));
    let second: BoxTransform<u64, u64> = Box::new(map(|number: u64| Ok(number * 2)));
    let (sender, receiver) = channel();
    let sink: BoxSink<u64> = Box::new(Sum { sum: 0, sender });
    pipeline((source, first, second, sink)).await?;
    report("boxed", start.elapsed(), OBJECTS);
    check(
        receiver.recv().map_err(synodic_streams::Error::other)?,
        OBJECTS,
    );
    Ok(())
}

/// Adds up, and tells in the end.
struct Sum {
    sum: u64,
    sender: Sender<u64>,
}

impl Sink for Sum {
    type Item = u64;

    fn poll_write(&mut self, _cx: &mut Context<'_>, batch: &mut Batch<u64>) -> Poll<Result<()>> {
        batch
            .drain()
            .for_each(|number| self.sum += black_box(number));
        Poll::Ready(Ok(()))
    }

    fn poll_finish(&mut self, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        let told = self.sender.send(self.sum);
        Poll::Ready(told.map_err(synodic_streams::Error::other))
    }
}

async fn by_handles() -> Result<()> {
    let start = Instant::now();
    let options = Options::objects(QUEUE);
    let (first_in, first_out) = handles(options);
    let (second_in, second_out) = handles(options);
    let (third_in, third_out) = handles(options);
    let numbers = from_iter(black_box(0..OBJECTS as u64));
    let increment = map(|number: u64| Ok(number + 1));
    let double = map(|number: u64| Ok(number * 2));
    let tasks = [
        spawn_local(async { pipeline((numbers, first_in)).await.map(drop) }),
        spawn_local(async { pipeline((first_out, increment, second_in)).await.map(drop) }),
        spawn_local(async { pipeline((second_out, double, third_in)).await.map(drop) }),
    ];
    let mut sum = 0;
    let add = sink_fn(|number: u64| {
        sum += black_box(number);
        Ok(())
    });
    pipeline((third_out, add)).await?;
    for task in tasks {
        task.await.expect("no stage fails");
    }
    report("handles", start.elapsed(), OBJECTS);
    check(sum, OBJECTS);
    Ok(())
}

async fn chunks_by_reference() -> Result<()> {
    let chunk = Buffer::from(vec![7; CHUNK_LEN]);
    let start = Instant::now();
    let mut len = 0;
    let stages = (
        from_iter((0..CHUNKS).map(|_| chunk.clone())),
        map(Ok::<Buffer, _>),
        map(Ok::<Buffer, _>),
        sink_fn(|chunk: Buffer| {
            len += black_box(&chunk).len();
            Ok(())
        }),
    );
    pipeline(stages).await?;
    report("chunks-by-reference", start.elapsed(), CHUNKS);
    assert_eq!(len, CHUNKS * CHUNK_LEN);
    Ok(())
}

fn filled() -> impl Source<Item = Buffer> {
    from_iter((0..CHUNKS).map(|index| {
        let mut chunk = BufferMut::zeroed(black_box(CHUNK_LEN));
        chunk[0] = index as u8;
        chunk.freeze()
    }))
}

async fn chunks_filled() -> Result<()> {
    let start = Instant::now();
    let mut len = 0;
    let stages = (
        filled(),
        map(Ok::<Buffer, _>),
        map(Ok::<Buffer, _>),
        sink_fn(|chunk: Buffer| {
            len += black_box(&chunk).len();
            Ok(())
        }),
    );
    let bytes = Options::bytes(CHUNK_LEN);
    pipeline(stages).options(bytes).await?;
    report("chunks-filled", start.elapsed(), CHUNKS);
    assert_eq!(len, CHUNKS * CHUNK_LEN);
    Ok(())
}

async fn copy_duplex() -> Result<()> {
    let start = Instant::now();
    let bytes = Options::bytes(CHUNK_LEN);
    let (first_in, first_out) = handles(bytes);
    let (second_in, second_out) = handles(bytes);
    let tasks = [
        spawn_local(async { pipeline((filled(), first_in)).await.map(drop) }),
        spawn_local(async { pipeline((first_out, second_in)).await.map(drop) }),
    ];
    let mut len = 0;
    let sink = sink_fn(|chunk: Buffer| {
        len += black_box(&chunk).len();
        Ok(())
    });
    pipeline((second_out, sink)).await?;
    for task in tasks {
        task.await.expect("no stage fails");
    }
    report("copy-duplex", start.elapsed(), CHUNKS);
    assert_eq!(len, CHUNKS * CHUNK_LEN);
    Ok(())
}

/// Node's objects, with all that they tell.
fn objects() -> Result<()> {
    let start = Instant::now();
    let options = Options::objects(QUEUE);
    let transform = |change: fn(u64) -> u64| {
        node::TransformBuilder::new(options, options)
            .transform(move |number, out: &node::Readable<u64>, done| {
                out.push(change(number));
                done.ok();
            })
            .build()
    };
    let sum = Rc::new(Cell::new(0));
    let total = Rc::clone(&sum);
    let sink = node::Writable::builder(options)
        .write(move |number, done| {
            total.set(total.get() + black_box(number));
            done.ok();
        })
        .build();
    let source = node::Readable::from_iter(black_box(0..COUNT as u64), options);
    let increment = transform(|number| number + 1);
    let double = transform(|number| number * 2);
    let running = node::pipeline(&source)
        .through(&increment)
        .through(&double)
        .to(&sink)
        .run();
    node::settle();
    drop(running);
    report("objects", start.elapsed(), COUNT);
    check(sum.get(), COUNT);
    Ok(())
}

async fn lines() -> Result<()> {
    let text: Vec<u8> = (1..=CHUNK_LEN)
        .map(|at| if at % LINE_LEN == 0 { b'\n' } else { b'x' })
        .collect();
    let text = Buffer::from(text);
    let start = Instant::now();
    let mut count = 0;
    let stages = (
        from_iter((0..TEXTS).map(|_| text.clone())),
        Lines::new(),
        sink_fn(|line: Buffer| {
            black_box(&line);
            count += 1;
            Ok(())
        }),
    );
    pipeline(stages).await?;
    report("lines", start.elapsed(), count);
    Ok(())
}
