//! Goal: nothing that goes through handles is lost, and nobody waits for what has happened. Method: loom
//! runs both ends on threads of their own, in every order.
#![cfg(synodic_loom)]

use std::{
    future::Future,
    pin::pin,
    // The standard library's: a waker takes no other.
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use synodic_streams::{Batch, ErrorKind, Options, ReadHandle, Sink, WriteHandle, handles};
use synodic_sync::{Condvar, Mutex, model, thread};

/// A ring is kept until the next wait.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    came: Condvar,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rung.lock() = true;
        self.came.notify_one();
    }
}

/// Waits for a future: where nobody wakes it, loom reports a deadlock.
fn wait_for<F: Future>(future: F) -> F::Output {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let mut rung = bell.rung.lock();
        while !*rung {
            rung = bell.came.wait(rung);
        }
        *rung = false;
    }
}

fn read_all(mut reader: ReadHandle<u32>) -> (Vec<u32>, Option<ErrorKind>) {
    let mut all = Vec::new();
    loop {
        match wait_for(reader.next()) {
            Ok(Some(item)) => all.push(item),
            Ok(None) => return (all, None),
            Err(error) => return (all, Some(error.kind())),
        }
    }
}

/// The writer has to wait for room once.
// mutants: handles-write-wakes-nobody, handles-read-wakes-nobody
#[test]
fn what_is_sent_is_read() {
    model(|| {
        let (writer, reader) = handles(Options::objects(1));
        let writing = thread::spawn(move || {
            wait_for(writer.send(1)).unwrap();
            wait_for(writer.send(2)).unwrap();
            writer.end();
        });
        assert_eq!(read_all(reader), (vec![1, 2], None));
        writing.join().unwrap();
    });
}

/// Two writers, of which one writes a batch; both go without saying that it is the end.
// mutants: handles-write-wakes-nobody, handles-last-writer-tells-nobody
#[test]
fn the_reader_hears_that_the_last_writer_is_gone() {
    model(|| {
        let (writer, reader) = handles(Options::objects(4));
        let other: WriteHandle<u32> = writer.clone();
        let writing = thread::spawn(move || {
            let mut writer = writer;
            let mut batch = Batch::new(writer.options());
            batch.push(1);
            wait_for(std::future::poll_fn(|cx| writer.poll_write(cx, &mut batch))).unwrap();
        });
        let leaving = thread::spawn(move || drop(other));
        assert_eq!(read_all(reader), (vec![1], Some(ErrorKind::PrematureClose)));
        writing.join().unwrap();
        leaving.join().unwrap();
    });
}

/// The reader leaves while the writer waits for room, or before.
// mutants: handles-gone-reader-tells-nobody, handles-read-wakes-nobody
#[test]
fn the_writer_hears_that_the_reader_is_gone() {
    model(|| {
        let (writer, mut reader) = handles(Options::objects(1));
        let writing = thread::spawn(move || {
            let mut sent = 0;
            while wait_for(writer.send(sent)).is_ok() {
                sent += 1;
            }
            sent
        });
        assert_eq!(wait_for(reader.next()).unwrap(), Some(0));
        drop(reader);
        assert!((1..=2).contains(&writing.join().unwrap()));
    });
}
