//! Where items go.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{Batch, Error, Options, Result};

/// Where items go: what a program implements to be the end of a pipeline.
///
/// # Examples
///
/// ```
/// use std::task::{Context, Poll};
///
/// use synodic_streams::{Batch, Result, Sink};
///
/// #[derive(Default)]
/// struct Sum(u64);
///
/// impl Sink for Sum {
///     type Item = u64;
///
///     fn poll_write(&mut self, _cx: &mut Context<'_>, batch: &mut Batch<u64>) -> Poll<Result<()>> {
///         self.0 += batch.drain().sum::<u64>();
///         Poll::Ready(Ok(()))
///     }
/// }
/// ```
pub trait Sink {
    /// What it takes.
    type Item;

    /// Takes items off the front of `batch`, one or several: together they are one gathered write.
    ///
    /// It is ready when the batch is empty and written. An operation that is under way stays in the
    /// sink, and so do its items; what it has not begun stays in the batch. It is polled again until it
    /// is ready, with the same batch.
    ///
    /// # Errors
    ///
    /// Whatever keeps the sink from going on.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch<Self::Item>,
    ) -> Poll<Result<()>>;

    /// Everything was written: flushes it to where it should be.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from getting there.
    #[doc(alias = "final")]
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let _ = cx;
        Poll::Ready(Ok(()))
    }

    /// Closes what the sink stands for: called once it has finished, or with the reason why it will
    /// not. Not called when the pipeline is dropped.
    ///
    /// # Errors
    ///
    /// Why it could not be closed.
    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        let _ = (cx, why);
        Poll::Ready(Ok(()))
    }

    /// How much a pipeline collects for one write: 16 items, unless the sink knows better.
    fn options(&self) -> Options<Self::Item> {
        Options::default()
    }
}

/// A sink of any type that may go to another thread.
pub type BoxSink<T> = Box<dyn Sink<Item = T> + Send>;

/// A sink of any type.
pub type LocalBoxSink<T> = Box<dyn Sink<Item = T>>;

macro_rules! forward {
    ($($sink:ty),+) => {$(
        impl<K: Sink + ?Sized> Sink for $sink {
            type Item = K::Item;

            #[inline]
            fn poll_write(
                &mut self,
                cx: &mut Context<'_>,
                batch: &mut Batch<K::Item>,
            ) -> Poll<Result<()>> {
                (**self).poll_write(cx, batch)
            }

            fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
                (**self).poll_finish(cx)
            }

            fn poll_destroy(
                &mut self,
                cx: &mut Context<'_>,
                why: Option<&Error>,
            ) -> Poll<Result<()>> {
                (**self).poll_destroy(cx, why)
            }

            fn options(&self) -> Options<K::Item> {
                (**self).options()
            }
        }
    )+};
}

forward!(Box<K>, &mut K);

/// A vector takes everything.
impl<T> Sink for Vec<T> {
    type Item = T;

    #[inline]
    fn poll_write(&mut self, _cx: &mut Context<'_>, batch: &mut Batch<T>) -> Poll<Result<()>> {
        self.extend(batch.drain());
        Poll::Ready(Ok(()))
    }
}

/// A sink that calls `take` with each item.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Error, sink_fn};
///
/// let sink = sink_fn(|number: u32| match number {
///     0 => Err(Error::other("nothing")),
///     _ => Ok(()),
/// });
/// # drop(sink);
/// ```
pub fn sink_fn<T, F: FnMut(T) -> Result<()>>(take: F) -> SinkFn<T, F> {
    SinkFn {
        take,
        _item: std::marker::PhantomData,
    }
}

/// What [`sink_fn`] returns.
pub struct SinkFn<T, F> {
    take: F,
    _item: std::marker::PhantomData<fn(T)>,
}

impl<T, F: FnMut(T) -> Result<()>> Sink for SinkFn<T, F> {
    type Item = T;

    #[inline]
    fn poll_write(&mut self, _cx: &mut Context<'_>, batch: &mut Batch<T>) -> Poll<Result<()>> {
        Poll::Ready(batch.drain().try_for_each(&mut self.take))
    }
}

impl<T, F> fmt::Debug for SinkFn<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkFn").finish_non_exhaustive()
    }
}

/// A sink that calls `take` with each item and awaits what it returns, one after another.
///
/// The memory for the future is taken once.
///
/// # Examples
///
/// ```
/// use synodic_streams::sink_async;
///
/// let sink = sink_async(|text: String| async move {
///     assert!(!text.is_empty());
///     Ok(())
/// });
/// # drop(sink);
/// ```
pub fn sink_async<T, F, A>(take: F) -> SinkAsync<T, F, A>
where
    F: FnMut(T) -> A,
    A: Future<Output = Result<()>>,
{
    SinkAsync {
        take,
        pending: Box::pin(None),
        _item: std::marker::PhantomData,
    }
}

/// What [`sink_async`] returns.
pub struct SinkAsync<T, F, A> {
    take: F,
    pending: Pin<Box<Option<A>>>,
    _item: std::marker::PhantomData<fn(T)>,
}

impl<T, F, A> SinkAsync<T, F, A>
where
    A: Future<Output = Result<()>>,
{
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(future) = self.pending.as_mut().as_pin_mut() else {
            return Poll::Ready(Ok(()));
        };
        let result = ready!(future.poll(cx));
        self.pending.set(None);
        Poll::Ready(result)
    }
}

impl<T, F, A> Sink for SinkAsync<T, F, A>
where
    F: FnMut(T) -> A,
    A: Future<Output = Result<()>>,
{
    type Item = T;

    fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut Batch<T>) -> Poll<Result<()>> {
        loop {
            ready!(self.poll_pending(cx))?;
            let Some(item) = batch.pop() else {
                return Poll::Ready(Ok(()));
            };
            self.pending.set(Some((self.take)(item)));
        }
    }
}

impl<T, F, A> fmt::Debug for SinkAsync<T, F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkAsync")
            .field("is_pending", &self.pending.is_some())
            .finish_non_exhaustive()
    }
}
