//! A source with a transform behind it, which is a source.

use std::{
    fmt,
    task::{Context, Poll, ready},
};

use crate::{Batch, Emit, Error, Result, Source, Transform};

/// A source with a transform behind it: [`Source::through`].
pub struct Through<S, X: Transform> {
    source: S,
    transform: X,
    /// The transform's place in the pipeline: what it reports is reported with it.
    stage: Option<usize>,
    /// What was emitted beside the first item of a call.
    rest: Batch<X::Out>,
    /// The transform has asked to be called again.
    has_more: bool,
    phase: Phase,
    is_source_destroyed: bool,
    is_destroyed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// The source has ended, and the transform was flushed.
    Flushed,
}

impl<S: Source, X: Transform<In = S::Item>> Through<S, X> {
    pub(crate) fn new(source: S, transform: X, stage: Option<usize>) -> Self {
        Self {
            rest: Batch::new(transform.options()),
            source,
            transform,
            stage,
            has_more: false,
            phase: Phase::Open,
            is_source_destroyed: false,
            is_destroyed: false,
        }
    }

    /// Calls the transform; the first item that it emits.
    #[inline]
    fn call(
        &mut self,
        call: impl FnOnce(&mut X, &mut Emit<'_, X::Out>) -> Result<()>,
    ) -> Result<Option<X::Out>> {
        let mut first = None;
        let mut emit = Emit::new(Some(&mut first), &mut self.rest, &mut self.has_more);
        let result = call(&mut self.transform, &mut emit);
        result.map(|()| first).map_err(|error| self.name(error))
    }

    /// Calls the transform, which emits to where the items are wanted.
    #[inline]
    fn call_into(
        &mut self,
        batch: &mut Batch<X::Out>,
        call: impl FnOnce(&mut X, &mut Emit<'_, X::Out>) -> Result<()>,
    ) -> Result<()> {
        let mut emit = Emit::new(None, batch, &mut self.has_more);
        call(&mut self.transform, &mut emit).map_err(|error| self.name(error))
    }

    fn name(&self, error: Error) -> Error {
        match self.stage {
            Some(stage) => error.at_stage(stage),
            None => error,
        }
    }
}

impl<S: Source, X: Transform<In = S::Item>> Source for Through<S, X> {
    type Item = X::Out;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<X::Out>>> {
        loop {
            if let Some(item) = self.rest.pop() {
                return Poll::Ready(Ok(Some(item)));
            }
            let first = if self.has_more {
                self.call(X::more)?
            } else if self.phase == Phase::Flushed {
                return Poll::Ready(Ok(None));
            } else if let Some(item) = ready!(self.source.poll_next(cx))? {
                self.call(|transform, out| transform.transform(item, out))?
            } else {
                self.phase = Phase::Flushed;
                self.call(X::flush)?
            };
            if first.is_some() {
                return Poll::Ready(Ok(first));
            }
        }
    }

    #[inline]
    fn poll_fill(&mut self, cx: &mut Context<'_>, batch: &mut Batch<X::Out>) -> Poll<Result<bool>> {
        // Left by calls of `poll_next`, which most pipelines never make.
        while !batch.is_full()
            && let Some(item) = self.rest.pop()
        {
            batch.push(item);
        }
        while !batch.is_full() {
            if self.has_more {
                self.call_into(batch, X::more)?;
            } else if self.phase == Phase::Flushed {
                return Poll::Ready(Ok(false));
            } else if let Some(item) = ready!(self.source.poll_next(cx))? {
                self.call_into(batch, |transform, out| transform.transform(item, out))?;
            } else {
                self.phase = Phase::Flushed;
                self.call_into(batch, X::flush)?;
            }
        }
        Poll::Ready(Ok(true))
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        let mut result = Ok(());
        if !self.is_source_destroyed {
            result = ready!(self.source.poll_destroy(cx, why));
            self.is_source_destroyed = true;
        }
        if !std::mem::replace(&mut self.is_destroyed, true) {
            self.transform.destroy(why);
        }
        Poll::Ready(result)
    }
}

impl<S: fmt::Debug, X: Transform> fmt::Debug for Through<S, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Through")
            .field("source", &self.source)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}
