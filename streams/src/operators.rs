//! Sources made of sources.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{Error, Result, Source};

/// Forwards destruction to the source within.
macro_rules! destroy_within {
    () => {
        fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
            self.source.poll_destroy(cx, why)
        }
    };
}

/// Shows the source, and not what it is changed by.
macro_rules! debug_source {
    ($name:ident) => {
        impl<S: fmt::Debug, F> fmt::Debug for $name<S, F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("source", &self.source)
                    .finish_non_exhaustive()
            }
        }
    };
}

/// What [`Source::take`] returns.
#[derive(Debug, Clone)]
pub struct Take<S> {
    /// None when enough was taken.
    source: Option<S>,
    left: usize,
}

impl<S> Take<S> {
    pub(crate) fn new(source: S, count: usize) -> Self {
        Self {
            source: Some(source),
            left: count,
        }
    }
}

impl<S: Source> Source for Take<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(Ok(None));
        };
        if self.left == 0 {
            // Closed now: the rest of a pipeline may take its time.
            let result = ready!(source.poll_destroy(cx, None));
            self.source = None;
            return Poll::Ready(result.map(|()| None));
        }
        let item = ready!(source.poll_next(cx));
        self.left -= 1;
        Poll::Ready(item)
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        match &mut self.source {
            None => Poll::Ready(Ok(())),
            Some(source) => source.poll_destroy(cx, why),
        }
    }
}

/// What [`Source::skip`] returns.
#[derive(Debug, Clone)]
pub struct Skip<S> {
    source: S,
    left: usize,
}

impl<S> Skip<S> {
    pub(crate) fn new(source: S, count: usize) -> Self {
        Self {
            source,
            left: count,
        }
    }
}

impl<S: Source> Source for Skip<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        loop {
            let item = ready!(self.source.poll_next(cx));
            if self.left == 0 || !matches!(item, Ok(Some(_))) {
                return Poll::Ready(item);
            }
            self.left -= 1;
        }
    }

    destroy_within!();
}

/// What [`Source::map`] returns.
#[derive(Clone)]
pub struct Map<S, F> {
    source: S,
    change: F,
}

impl<S, F> Map<S, F> {
    pub(crate) fn new(source: S, change: F) -> Self {
        Self { source, change }
    }
}

impl<S: Source, U, F: FnMut(S::Item) -> U> Source for Map<S, F> {
    type Item = U;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<U>>> {
        let item = ready!(self.source.poll_next(cx));
        Poll::Ready(item.map(|item| item.map(&mut self.change)))
    }

    destroy_within!();
}

debug_source!(Map);

/// What [`Source::filter_map`] returns.
#[derive(Clone)]
pub struct FilterMap<S, F> {
    source: S,
    change: F,
}

impl<S, F> FilterMap<S, F> {
    pub(crate) fn new(source: S, change: F) -> Self {
        Self { source, change }
    }
}

impl<S: Source, U, F: FnMut(S::Item) -> Option<U>> Source for FilterMap<S, F> {
    type Item = U;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<U>>> {
        loop {
            match ready!(self.source.poll_next(cx)) {
                Ok(None) => return Poll::Ready(Ok(None)),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Some(item)) => {
                    if let Some(item) = (self.change)(item) {
                        return Poll::Ready(Ok(Some(item)));
                    }
                }
            }
        }
    }

    destroy_within!();
}

debug_source!(FilterMap);

/// What [`Source::filter`] returns.
#[derive(Clone)]
pub struct Filter<S, F> {
    source: S,
    keep: F,
}

impl<S, F> Filter<S, F> {
    pub(crate) fn new(source: S, keep: F) -> Self {
        Self { source, keep }
    }
}

impl<S: Source, F: FnMut(&S::Item) -> bool> Source for Filter<S, F> {
    type Item = S::Item;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        loop {
            let item = ready!(self.source.poll_next(cx));
            match &item {
                Ok(Some(item)) if !(self.keep)(item) => {}
                _ => return Poll::Ready(item),
            }
        }
    }

    destroy_within!();
}

debug_source!(Filter);

/// What [`Source::flatten`] returns.
pub struct Flatten<S: Source>
where
    S::Item: IntoIterator,
{
    source: S,
    items: Option<<S::Item as IntoIterator>::IntoIter>,
}

impl<S: Source> Flatten<S>
where
    S::Item: IntoIterator,
{
    pub(crate) fn new(source: S) -> Self {
        Self {
            source,
            items: None,
        }
    }
}

impl<S: Source> Source for Flatten<S>
where
    S::Item: IntoIterator,
{
    type Item = <S::Item as IntoIterator>::Item;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Self::Item>>> {
        loop {
            if let Some(item) = self.items.as_mut().and_then(Iterator::next) {
                return Poll::Ready(Ok(Some(item)));
            }
            match ready!(self.source.poll_next(cx)) {
                Ok(Some(items)) => self.items = Some(items.into_iter()),
                Ok(None) => return Poll::Ready(Ok(None)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    destroy_within!();
}

impl<S: Source + fmt::Debug> fmt::Debug for Flatten<S>
where
    S::Item: IntoIterator,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flatten")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// What [`Source::map_async`] returns.
pub struct MapAsync<S, F, A: Future> {
    source: S,
    change: F,
    concurrency: usize,
    /// In the order of the items.
    calls: VecDeque<Call<A>>,
    /// The source has ended or failed.
    end: Option<Result<()>>,
}

enum Call<A: Future> {
    Running(Pin<Box<A>>),
    Ready(A::Output),
}

impl<S, F, A: Future> MapAsync<S, F, A> {
    pub(crate) fn new(source: S, concurrency: usize, change: F) -> Self {
        assert!(concurrency > 0, "a concurrency of zero calls nobody");
        Self {
            source,
            change,
            concurrency,
            calls: VecDeque::new(),
            end: None,
        }
    }
}

impl<S, U, F, A> Source for MapAsync<S, F, A>
where
    S: Source,
    F: FnMut(S::Item) -> A,
    A: Future<Output = Result<U>>,
{
    type Item = U;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<U>>> {
        while self.end.is_none() && self.calls.len() < self.concurrency {
            match self.source.poll_next(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(Some(item))) => {
                    self.calls
                        .push_back(Call::Running(Box::pin((self.change)(item))));
                }
                Poll::Ready(Ok(None)) => self.end = Some(Ok(())),
                Poll::Ready(Err(error)) => self.end = Some(Err(error)),
            }
        }
        for call in &mut self.calls {
            if let Call::Running(future) = call
                && let Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *call = Call::Ready(output);
            }
        }
        match self.calls.pop_front() {
            Some(Call::Ready(output)) => Poll::Ready(output.map(Some)),
            Some(running) => {
                self.calls.push_front(running);
                Poll::Pending
            }
            None => match self.end.clone() {
                None => Poll::Pending,
                Some(end) => Poll::Ready(end.map(|()| None)),
            },
        }
    }

    destroy_within!();
}

impl<S: fmt::Debug, F, A: Future> fmt::Debug for MapAsync<S, F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapAsync")
            .field("source", &self.source)
            .field("running", &self.calls.len())
            .finish_non_exhaustive()
    }
}
