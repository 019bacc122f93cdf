//! Where items come from.

use std::{
    fmt,
    ops::ControlFlow::{Break, Continue},
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    Batch, Error, ErrorKind, Filter, FilterMap, Flatten, Map, MapAsync, Result, Skip, Take,
    Through, Transform, drive::drive,
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

    /// Adds items to `batch` until it is full; whether more may follow. Pending when there are no more
    /// now, also behind some that were added.
    ///
    /// What a pipeline calls: a source that has several items at hand can save the way through
    /// [`poll_next`](Self::poll_next) for each.
    ///
    /// # Errors
    ///
    /// Whatever keeps the source from going on; what was added before counts.
    #[inline]
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch<Self::Item>,
    ) -> Poll<Result<bool>> {
        while !batch.is_full() {
            match ready!(self.poll_next(cx))? {
                Some(item) => drop(batch.push(item)),
                None => return Poll::Ready(Ok(false)),
            }
        }
        Poll::Ready(Ok(true))
    }

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

    /// What a transform makes of the items.
    fn through<X: Transform<In = Self::Item>>(self, transform: X) -> Through<Self, X>
    where
        Self: Sized,
    {
        Through::new(self, transform, None)
    }

    /// What `change` makes of each item, in their order; at most `concurrency` run at once.
    ///
    /// # Panics
    ///
    /// The concurrency is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_streams::{Source, from_iter};
    ///
    /// let lengths = from_iter(["a", "bc"]).map_async(8, |text| async move { Ok(text.len()) });
    /// # drop(lengths);
    /// ```
    fn map_async<U, F, A>(self, concurrency: usize, change: F) -> MapAsync<Self, F, A>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> A,
        A: Future<Output = Result<U>>,
    {
        MapAsync::new(self, concurrency, change)
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

    /// All items. As with all that consumes a source, it is destroyed then, also after an error.
    ///
    /// # Errors
    ///
    /// That of the source.
    #[doc(alias = "toArray")]
    fn to_vec(self) -> impl Future<Output = Result<Vec<Self::Item>>>
    where
        Self: Sized,
    {
        self.fold(Vec::new(), |mut all, item| {
            all.push(item);
            Ok(all)
        })
    }

    /// Calls `work` with each item.
    ///
    /// # Errors
    ///
    /// That of the source or of `work`.
    fn for_each<F>(self, mut work: F) -> impl Future<Output = Result<()>>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> Result<()>,
    {
        drive(self, (), move |(), item| work(item).map(Continue))
    }

    /// Calls `work` with each item and awaits it; at most `concurrency` run at once.
    ///
    /// # Errors
    ///
    /// That of the source or of `work`.
    ///
    /// # Panics
    ///
    /// The concurrency is zero.
    fn for_each_async<F, A>(self, concurrency: usize, work: F) -> impl Future<Output = Result<()>>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> A,
        A: Future<Output = Result<()>>,
    {
        self.map_async(concurrency, work).for_each(Ok)
    }

    /// What `merge` makes of `initial` and the first item, of that and the second, and so on.
    ///
    /// # Errors
    ///
    /// That of the source or of `merge`.
    fn fold<U, F>(self, initial: U, mut merge: F) -> impl Future<Output = Result<U>>
    where
        Self: Sized,
        F: FnMut(U, Self::Item) -> Result<U>,
    {
        drive(self, initial, move |total, item| {
            merge(total, item).map(Continue)
        })
    }

    /// What `merge` makes of the first item and the second, of that and the third, and so on.
    ///
    /// # Errors
    ///
    /// That of the source or of `merge`; [`ErrorKind::Empty`] without an item.
    fn reduce<F>(self, mut merge: F) -> impl Future<Output = Result<Self::Item>>
    where
        Self: Sized,
        F: FnMut(Self::Item, Self::Item) -> Result<Self::Item>,
    {
        let total = self.fold(None, move |total, item| {
            Ok(Some(match total {
                None => item,
                Some(total) => merge(total, item)?,
            }))
        });
        async { total.await?.ok_or_else(|| ErrorKind::Empty.into()) }
    }

    /// The first item that `is_wanted` accepts.
    ///
    /// # Errors
    ///
    /// That of the source.
    fn find<F>(self, mut is_wanted: F) -> impl Future<Output = Result<Option<Self::Item>>>
    where
        Self: Sized,
        F: FnMut(&Self::Item) -> bool,
    {
        drive(self, None, move |_, item| {
            Ok(if is_wanted(&item) {
                Break(Some(item))
            } else {
                Continue(None)
            })
        })
    }

    /// Whether `is_wanted` accepts an item.
    ///
    /// # Errors
    ///
    /// That of the source.
    #[doc(alias = "some")]
    fn any<F>(self, mut is_wanted: F) -> impl Future<Output = Result<bool>>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> bool,
    {
        drive(self, false, move |_, item| {
            Ok(if is_wanted(item) {
                Break(true)
            } else {
                Continue(false)
            })
        })
    }

    /// Whether `is_wanted` accepts every item.
    ///
    /// # Errors
    ///
    /// That of the source.
    #[doc(alias = "every")]
    fn all<F>(self, mut is_wanted: F) -> impl Future<Output = Result<bool>>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> bool,
    {
        let refused = self.any(move |item| !is_wanted(item));
        async { Ok(!refused.await?) }
    }
}

/// A source of any type that may go to another thread.
pub type BoxSource<T> = Box<dyn Source<Item = T> + Send>;

/// A source of any type.
pub type LocalBoxSource<T> = Box<dyn Source<Item = T>>;

impl<S: Source + ?Sized> Source for Box<S> {
    type Item = S::Item;

    #[inline]
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch<S::Item>,
    ) -> Poll<Result<bool>> {
        (**self).poll_fill(cx, batch)
    }

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
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch<S::Item>,
    ) -> Poll<Result<bool>> {
        (**self).poll_fill(cx, batch)
    }

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
