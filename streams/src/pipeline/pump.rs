//! The future that moves items from a source to a sink.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{AbortSignal, Aborted, Batch, Error, ErrorKind, Options, Result, Sink, Source};

/// Items that are moved before others get their turn, although nothing had to be waited for.
const ITEMS_PER_TURN: u64 = 256;

/// Units that are moved before others get their turn.
const UNITS_PER_TURN: u64 = 1 << 20;

/// What a pipeline has moved into its sink.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many items.
    pub items: u64,
    /// How much, in the units of the sink.
    pub units: u64,
}

/// A pipeline, to be awaited: what [`pipeline`](super::pipeline) returns.
///
/// It may go to any thread that its stages may go to.
///
/// # Cancel safety
///
/// Dropping it drops the stages: what was read and not written is lost, and nothing is closed in the
/// way that [`Source::poll_destroy`] would. Give a [`signal`](Self::signal) to stop it in order.
#[must_use = "a pipeline does nothing unless it is awaited"]
pub struct Pipeline<S, K: Sink> {
    source: S,
    sink: K,
    /// What is read while the other batch is written.
    reading: Batch<K::Item>,
    writing: Batch<K::Item>,
    /// The sink has not said that it is ready since it was given something.
    is_writing: bool,
    totals: Totals,
    last_stage: usize,
    ends_sink: bool,
    aborted: Option<Aborted>,
    has_source_ended: bool,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Moving,
    Finishing,
    Closing(Closing),
    Done,
}

/// What is still to be closed, and why.
#[derive(Debug)]
struct Closing {
    /// What it was that went wrong.
    why: Option<Error>,
    /// What went wrong in closing.
    failure: Option<Error>,
    is_source_closed: bool,
    is_sink_closed: bool,
}

impl<S: Source, K: Sink<Item = S::Item>> Pipeline<S, K> {
    pub(super) fn new(source: S, sink: K, stages: usize) -> Self {
        let options = sink.options();
        Self {
            source,
            sink,
            reading: Batch::new(options),
            writing: Batch::new(options),
            is_writing: false,
            totals: Totals::default(),
            last_stage: stages - 1,
            ends_sink: true,
            aborted: None,
            has_source_ended: false,
            phase: Phase::Moving,
        }
    }

    /// Stops in order when the signal is given: every stage is closed, and the error is
    /// [`Aborted`](ErrorKind::Aborted).
    pub fn signal(mut self, signal: &AbortSignal) -> Self {
        self.aborted = Some(signal.aborted());
        self
    }

    /// Leaves the sink open and unfinished when all is written, for more to be written: give it as
    /// `&mut sink`. After an error it is closed nevertheless.
    pub fn keep_open(mut self) -> Self {
        self.ends_sink = false;
        self
    }

    /// How much is collected for one write, instead of what the sink says.
    pub fn options(mut self, options: Options<K::Item>) -> Self {
        self.reading = Batch::new(options);
        self.writing = Batch::new(options);
        self
    }

    /// Moves until somebody has to be waited for, or everything was moved.
    fn poll_move(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let turn = self.totals;
        loop {
            let is_waiting = !self.has_source_ended && self.fill(cx)?;
            if !self.is_writing {
                if self.reading.is_empty() && self.has_source_ended {
                    return Poll::Ready(Ok(()));
                }
                std::mem::swap(&mut self.reading, &mut self.writing);
                self.is_writing = !self.writing.is_empty();
            }
            if self.is_writing {
                ready!(self.poll_write(cx))?;
                self.is_writing = false;
            }
            if is_waiting && self.reading.is_empty() {
                return Poll::Pending;
            }
            let moved = self.totals.items - turn.items;
            if moved >= ITEMS_PER_TURN || self.totals.units - turn.units >= UNITS_PER_TURN {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// Reads as much as there is room for; whether the source has to be waited for.
    #[inline]
    fn fill(&mut self, cx: &mut Context<'_>) -> Result<bool> {
        match self.source.poll_fill(cx, &mut self.reading) {
            Poll::Pending => Ok(true),
            Poll::Ready(Ok(may_follow)) => {
                self.has_source_ended = !may_follow;
                Ok(false)
            }
            Poll::Ready(Err(error)) => Err(error.at_stage(0)),
        }
    }

    /// Lets the sink take what it takes.
    #[inline]
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let (items, units) = (self.writing.len(), self.writing.units());
        let result = self.sink.poll_write(cx, &mut self.writing);
        self.totals.items += (items - self.writing.len()) as u64;
        self.totals.units += (units - self.writing.units()) as u64;
        if matches!(result, Poll::Ready(Ok(()))) {
            assert!(
                self.writing.is_empty(),
                "a sink is ready when the batch is empty"
            );
        }
        result.map_err(|error| error.at_stage(self.last_stage))
    }

    fn close(&mut self, why: Option<Error>) {
        self.phase = Phase::Closing(Closing {
            is_source_closed: false,
            is_sink_closed: why.is_none() && !self.ends_sink,
            why,
            failure: None,
        });
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<Totals>> {
        let Phase::Closing(closing) = &mut self.phase else {
            panic!("a pipeline was polled after it was ready");
        };
        let why = closing.why.as_ref();
        if !closing.is_source_closed {
            let result = ready!(self.source.poll_destroy(cx, why));
            closing.is_source_closed = true;
            closing.failure = result.err().map(|error| error.at_stage(0));
        }
        if !closing.is_sink_closed {
            let result = ready!(self.sink.poll_destroy(cx, why));
            closing.is_sink_closed = true;
            let failure = result.err().map(|error| error.at_stage(self.last_stage));
            closing.failure = closing.failure.take().or(failure);
        }
        // The first error is the reason, a later one its consequence; except that a stage which was
        // closed too early may only now say why.
        let is_vague = why.is_none_or(|why| why.kind() == ErrorKind::PrematureClose);
        let error = match closing.failure.take() {
            Some(failure) if is_vague => Some(failure),
            _ => closing.why.take(),
        };
        self.phase = Phase::Done;
        Poll::Ready(error.map_or(Ok(self.totals), Err))
    }
}

impl<S: Source, K: Sink<Item = S::Item>> Future for Pipeline<S, K> {
    type Output = Result<Totals>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Totals>> {
        let this = self.get_mut();
        let is_open = matches!(this.phase, Phase::Moving | Phase::Finishing);
        if is_open
            && let Some(aborted) = &mut this.aborted
            && Pin::new(aborted).poll(cx).is_ready()
        {
            this.close(Some(ErrorKind::Aborted.into()));
        }
        if matches!(this.phase, Phase::Moving) {
            match ready!(this.poll_move(cx)) {
                Err(error) => this.close(Some(error)),
                Ok(()) if this.ends_sink => this.phase = Phase::Finishing,
                Ok(()) => this.close(None),
            }
        }
        if matches!(this.phase, Phase::Finishing) {
            let result = ready!(this.sink.poll_finish(cx));
            this.close(result.err().map(|error| error.at_stage(this.last_stage)));
        }
        this.poll_close(cx)
    }
}

// Stages are polled by reference, never pinned.
impl<S, K: Sink> Unpin for Pipeline<S, K> {}

impl<S: fmt::Debug, K: Sink + fmt::Debug> fmt::Debug for Pipeline<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("source", &self.source)
            .field("sink", &self.sink)
            .field("totals", &self.totals)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}
