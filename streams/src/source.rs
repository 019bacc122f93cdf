//! Where items come from.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    Error, Result,
    operators::{Filter, FilterMap, Flatten, Map, Skip, Take},
};

/// Where items come from: what a program implements to be the start of a pipeline.
///
/// A source keeps the operation that it waits for in itself, so that nothing is lost when the one who
/// polls goes away.
///
/// # Examples
///
/// ```
/// use std::task::{Context, Poll};
///
/// use synodic_streams::{Result, Source};
///
/// struct Countdown(u32);
///
/// impl Source for Countdown {
///     type Item = u32;
///
///     fn poll_next(&mut self, _cx: &mut Context<'_>) -> Poll<Result<Option<u32>>> {
///         let next = self.0.checked_sub(1);
///         self.0 = next.unwrap_or(0);
///         Poll::Ready(Ok(next))
///     }
/// }
/// ```
pub trait Source {
    /// What it delivers.
    type Item;

    /// The next item; none at the end. Not called again after the end or an error.
    ///
    /// # Errors
    ///
    /// Whatever keeps the source from going on.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Self::Item>>>;

    /// Closes what the source stands for: called once it was read to its end, or with the reason why
    /// nobody reads on. Not called when the pipeline is dropped.
    ///
    /// # Errors
    ///
    /// Why it could not be closed.
    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        let _ = (cx, why);
        Poll::Ready(Ok(()))
    }

    /// What `change` makes of each item.
    fn map<U, F: FnMut(Self::Item) -> U>(self, change: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map::new(self, change)
    }

    /// The items that `keep` keeps.
    fn filter<F: FnMut(&Self::Item) -> bool>(self, keep: F) -> Filter<Self, F>
    where
        Self: Sized,
    {
        Filter::new(self, keep)
    }

    /// What `change` makes of each item, where it makes something.
    fn filter_map<U, F: FnMut(Self::Item) -> Option<U>>(self, change: F) -> FilterMap<Self, F>
    where
        Self: Sized,
    {
        FilterMap::new(self, change)
    }

    /// The items of the items.
    fn flatten(self) -> Flatten<Self>
    where
        Self: Sized,
        Self::Item: IntoIterator,
    {
        Flatten::new(self)
    }

    /// The first `count` items. The source is destroyed then.
    fn take(self, count: usize) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, count)
    }

    /// All but the first `count` items.
    #[doc(alias = "drop")]
    fn skip(self, count: usize) -> Skip<Self>
    where
        Self: Sized,
    {
        Skip::new(self, count)
    }
}

/// A source of any type that may go to another thread.
pub type BoxSource<T> = Box<dyn Source<Item = T> + Send>;

/// A source of any type.
pub type LocalBoxSource<T> = Box<dyn Source<Item = T>>;

impl<S: Source + ?Sized> Source for Box<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        (**self).poll_next(cx)
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        (**self).poll_destroy(cx, why)
    }
}

impl<S: Source + ?Sized> Source for &mut S {
    type Item = S::Item;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        (**self).poll_next(cx)
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        (**self).poll_destroy(cx, why)
    }
}

/// The items of an iterator.
///
/// # Examples
///
/// ```
/// use synodic_streams::from_iter;
///
/// let source = from_iter([1, 2, 3]);
/// # drop(source);
/// ```
pub fn from_iter<I: IntoIterator>(items: I) -> FromIter<I::IntoIter> {
    FromIter {
        items: items.into_iter(),
    }
}

/// What [`from_iter`] returns.
#[derive(Debug, Clone)]
pub struct FromIter<I> {
    items: I,
}

impl<I: Iterator> Source for FromIter<I> {
    type Item = I::Item;

    #[inline]
    fn poll_next(&mut self, _cx: &mut Context<'_>) -> Poll<Result<Option<I::Item>>> {
        Poll::Ready(Ok(self.items.next()))
    }
}

/// The items of an iterator that may fail.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Error, try_from_iter};
///
/// let source = try_from_iter([Ok(1), Err(Error::other("torn"))]);
/// # drop(source);
/// ```
pub fn try_from_iter<T, I: IntoIterator<Item = Result<T>>>(items: I) -> TryFromIter<I::IntoIter> {
    TryFromIter {
        items: items.into_iter(),
    }
}

/// What [`try_from_iter`] returns.
#[derive(Debug, Clone)]
pub struct TryFromIter<I> {
    items: I,
}

impl<T, I: Iterator<Item = Result<T>>> Source for TryFromIter<I> {
    type Item = T;

    #[inline]
    fn poll_next(&mut self, _cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        Poll::Ready(self.items.next().transpose())
    }
}

/// A source that calls `next` for each item and awaits what it returns.
///
/// The memory for the future is taken once.
///
/// # Examples
///
/// ```
/// use synodic_streams::from_fn;
///
/// let mut count = 0;
/// let source = from_fn(move || {
///     count += 1;
///     async move { Ok((count <= 3).then_some(count)) }
/// });
/// # drop(source);
/// ```
pub fn from_fn<T, F, A>(next: F) -> FromFn<F, A>
where
    F: FnMut() -> A,
    A: Future<Output = Result<Option<T>>>,
{
    FromFn {
        next,
        pending: Box::pin(None),
    }
}

/// What [`from_fn`] returns.
pub struct FromFn<F, A> {
    next: F,
    pending: Pin<Box<Option<A>>>,
}

impl<T, F, A> Source for FromFn<F, A>
where
    F: FnMut() -> A,
    A: Future<Output = Result<Option<T>>>,
{
    type Item = T;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        if self.pending.is_none() {
            self.pending.set(Some((self.next)()));
        }
        let future = self.pending.as_mut().as_pin_mut();
        let result = ready!(future.expect("it was set above").poll(cx));
        self.pending.set(None);
        Poll::Ready(result)
    }
}

impl<F, A> fmt::Debug for FromFn<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn")
            .field("is_pending", &self.pending.is_some())
            .finish_non_exhaustive()
    }
}
