//! A writable as the end of a pipeline.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    event::Event,
    finished::give_up,
    stream::Stream,
    turns::{Receiver, oneshot},
    writable::Writable,
};
use crate::{Batch, Error, ErrorKind, Result, Sink};

/// A [`Writable`] as a [`Sink`]: what [`Writable::sink`] returns.
///
/// It waits for "drain" when the stream asks to wait, and for the stream to finish in the end.
pub struct WritableSink<T> {
    writable: Writable<T>,
    draining: Option<Receiver<()>>,
    finishing: Option<Receiver<Result<()>>>,
}

impl<T: 'static> Writable<T> {
    /// The end of a [`pipeline`](crate::pipeline()).
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_streams::{Options, from_iter, node, pipeline};
    ///
    /// let pass = node::pass_through(Options::objects(2), Options::objects(2));
    /// let sink = pass.writable().sink();
    /// node::spawn(async move {
    ///     let totals = pipeline((from_iter(1..=5), sink)).await.unwrap();
    ///     assert_eq!(totals.items, 5);
    /// });
    /// let read = pass.readable().clone();
    /// node::spawn(async move { assert_eq!(read.to_vec().await.unwrap(), [1, 2, 3, 4, 5]) });
    /// node::settle();
    /// assert!(pass.readable().is_ended());
    /// ```
    #[must_use]
    pub fn sink(&self) -> WritableSink<T> {
        WritableSink {
            writable: self.clone(),
            draining: None,
            finishing: None,
        }
    }
}

impl<T: 'static> WritableSink<T> {
    /// Why nothing more can be written.
    fn refusal(&self) -> Error {
        self.writable.error().unwrap_or_else(|| {
            Error::new(if self.writable.is_destroyed() {
                ErrorKind::PrematureClose
            } else {
                ErrorKind::WriteAfterEnd
            })
        })
    }

    /// Waits until the stream has drained, or is closed.
    fn wait(&mut self) {
        let (sender, receiver) = oneshot();
        let sender = std::cell::Cell::new(Some(sender));
        self.writable.on(move |event| {
            if matches!(event, Event::Drain | Event::Close | Event::Error(_))
                && let Some(sender) = sender.take()
            {
                sender.send(());
            }
        });
        self.draining = Some(receiver);
    }
}

impl<T: 'static> Sink for WritableSink<T> {
    type Item = T;

    fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut Batch<T>) -> Poll<Result<()>> {
        loop {
            if let Some(draining) = &mut self.draining {
                ready!(Pin::new(draining).poll(cx));
                self.draining = None;
            }
            if !self.writable.is_writable() {
                return Poll::Ready(Err(self.refusal()));
            }
            if self.writable.needs_drain() {
                self.wait();
                continue;
            }
            let Some(item) = batch.pop() else {
                return Poll::Ready(Ok(()));
            };
            self.writable.write(item);
        }
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let finishing = self.finishing.get_or_insert_with(|| {
            let (sender, receiver) = oneshot();
            self.writable
                .end_then(None, move |result| sender.send(result));
            receiver
        });
        Pin::new(finishing).poll(cx)
    }

    fn poll_destroy(&mut self, _cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        if let Some(error) = why {
            give_up(self.writable.stream().life(), Some(error.clone()));
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> fmt::Debug for WritableSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WritableSink")
            .field("writable", &self.writable)
            .finish_non_exhaustive()
    }
}
