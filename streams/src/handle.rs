//! Two ends of a queue, for two tasks.

use std::{
    fmt,
    future::poll_fn,
    task::{Context, Poll, Waker, ready},
};

use synodic_sync::{Arc, Mutex, mutant};

use crate::{Batch, Error, ErrorKind, Options, Result, Sink, Source};

/// Makes the two ends of a queue between tasks, on any threads.
///
/// Both ends move what there is at once: a lock is taken for a batch, not for an item. The one who
/// reads holds a batch of its own, so there may be twice the high-water mark, and what a writer adds
/// although it was asked to wait.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, Source, from_iter, handles, map, pipeline};
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// let (writer, reader) = handles(Options::objects(16));
/// let numbers = std::thread::spawn(|| block_on(pipeline((from_iter(1..=3), writer))));
/// assert_eq!(block_on(reader.map(|number| number * 2).to_vec()).unwrap(), [2, 4, 6]);
/// assert_eq!(numbers.join().unwrap().unwrap().items, 3);
/// ```
#[must_use]
#[doc(alias = "channel")]
pub fn handles<T>(options: Options<T>) -> (WriteHandle<T>, ReadHandle<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            queue: Batch::new(options),
            outcome: None,
            writers: 1,
            is_reader_gone: false,
            reader: None,
            waiting: Vec::new(),
        }),
        options,
    });
    let writer = WriteHandle {
        shared: Arc::clone(&shared),
    };
    let reader = ReadHandle {
        batch: Batch::new(options),
        shared,
    };
    (writer, reader)
}

struct Shared<T> {
    state: Mutex<State<T>>,
    options: Options<T>,
}

struct State<T> {
    queue: Batch<T>,
    /// The end, once the queue is empty, or why nothing more comes.
    outcome: Option<Result<()>>,
    writers: usize,
    is_reader_gone: bool,
    reader: Option<Waker>,
    /// Writers that wait for room.
    waiting: Vec<Waker>,
}

/// Keeps one waker of a task.
fn keep(waiting: &mut Vec<Waker>, waker: &Waker) {
    if !waiting.iter().any(|other| other.will_wake(waker)) {
        waiting.push(waker.clone());
    }
}

impl<T> Shared<T> {
    /// Changes the state, and wakes the reader where `change` says so: outside of the lock, as a waker
    /// may do anything.
    fn change<U>(&self, change: impl FnOnce(&mut State<T>) -> (U, bool)) -> U {
        let mut state = self.state.lock();
        let (output, wakes) = change(&mut state);
        let wakes = wakes && !mutant!("handles-write-wakes-nobody");
        let reader = if wakes { state.reader.take() } else { None };
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        output
    }

    fn end(&self, outcome: Result<()>) {
        self.change(|state| {
            state.outcome.get_or_insert(outcome);
            ((), true)
        });
    }
}

/// The end to write to. A clone is another writer.
///
/// The reader reads to the end when somebody has called [`end`](Self::end). When all writers are
/// dropped before, it gets an error of kind [`PrematureClose`](ErrorKind::PrematureClose): what was cut
/// off does not look complete.
pub struct WriteHandle<T> {
    shared: Arc<Shared<T>>,
}

impl<T> WriteHandle<T> {
    /// Adds an item; whether there is room for more. It is taken in either case.
    ///
    /// # Errors
    ///
    /// The reader is gone ([`Destroyed`](ErrorKind::Destroyed)), or the end was written
    /// ([`WriteAfterEnd`](ErrorKind::WriteAfterEnd)).
    pub fn write(&self, item: T) -> Result<bool> {
        self.shared.change(|state| {
            if let Err(error) = state.check() {
                return (Err(error), false);
            }
            (Ok(state.queue.push(item)), true)
        })
    }

    /// Waits until there is room.
    ///
    /// # Errors
    ///
    /// The reader is gone, or the end was written.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn drain(&self) -> Result<()> {
        poll_fn(|cx| self.poll_room(cx)).await
    }

    /// Waits until there is room, and adds an item.
    ///
    /// # Errors
    ///
    /// The reader is gone, or the end was written. The item is lost then.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has not added the item, and drops it.
    pub async fn send(&self, item: T) -> Result<()> {
        self.drain().await?;
        self.write(item).map(drop)
    }

    /// Nothing more comes, from no writer.
    pub fn end(&self) {
        self.shared.end(Ok(()));
    }

    /// Ends with an error, which the reader gets behind what was written.
    pub fn fail(&self, error: Error) {
        self.shared.end(Err(error));
    }

    /// Whether the reader is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.state.lock().is_reader_gone
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let mut state = self.shared.state.lock();
        state.check()?;
        if !state.queue.is_full() {
            return Poll::Ready(Ok(()));
        }
        keep(&mut state.waiting, cx.waker());
        Poll::Pending
    }
}

impl<T> State<T> {
    /// Whether something may be written.
    fn check(&self) -> Result<()> {
        if self.is_reader_gone {
            return Err(ErrorKind::Destroyed.into());
        }
        match &self.outcome {
            None => Ok(()),
            Some(Ok(())) => Err(ErrorKind::WriteAfterEnd.into()),
            Some(Err(error)) => Err(error.clone()),
        }
    }
}

impl<T> Sink for WriteHandle<T> {
    type Item = T;

    fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut Batch<T>) -> Poll<Result<()>> {
        self.shared.change(|state| {
            if batch.is_empty() {
                return (Poll::Ready(Ok(())), false);
            }
            if let Err(error) = state.check() {
                return (Poll::Ready(Err(error)), false);
            }
            if state.queue.is_full() {
                keep(&mut state.waiting, cx.waker());
                return (Poll::Pending, false);
            }
            state.queue.append(batch);
            (Poll::Ready(Ok(())), true)
        })
    }

    fn poll_finish(&mut self, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.end();
        Poll::Ready(Ok(()))
    }

    fn poll_destroy(&mut self, _cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        if let Some(error) = why {
            self.fail(error.clone());
        }
        Poll::Ready(Ok(()))
    }

    fn options(&self) -> Options<T> {
        self.shared.options
    }
}

impl<T> Clone for WriteHandle<T> {
    fn clone(&self) -> Self {
        self.shared.state.lock().writers += 1;
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Drop for WriteHandle<T> {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.writers -= 1;
            let is_last = state.writers == 0;
            if is_last {
                let cut_off = || Err(ErrorKind::PrematureClose.into());
                state.outcome.get_or_insert_with(cut_off);
            }
            ((), is_last && !mutant!("handles-last-writer-tells-nobody"))
        });
    }
}

/// The end to read from: a [`Source`].
pub struct ReadHandle<T> {
    shared: Arc<Shared<T>>,
    /// Taken from the queue, and not yet read.
    batch: Batch<T>,
}

impl<T> ReadHandle<T> {
    /// The next item; none at the end.
    ///
    /// # Errors
    ///
    /// That of a writer, or that all of them were dropped before the end.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn next(&mut self) -> Result<Option<T>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Takes the whole queue.
    fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        let mut state = self.shared.state.lock();
        if state.queue.is_empty() {
            if let Some(outcome) = state.outcome.clone() {
                return Poll::Ready(outcome.map(|()| None));
            }
            if !state
                .reader
                .as_ref()
                .is_some_and(|reader| reader.will_wake(cx.waker()))
            {
                state.reader = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        std::mem::swap(&mut state.queue, &mut self.batch);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        if !mutant!("handles-read-wakes-nobody") {
            waiting.into_iter().for_each(Waker::wake);
        }
        Poll::Ready(Ok(self.batch.pop()))
    }
}

impl<T> Source for ReadHandle<T> {
    type Item = T;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        match self.batch.pop() {
            Some(item) => Poll::Ready(Ok(Some(item))),
            None => self.poll_batch(cx),
        }
    }

    #[inline]
    fn poll_fill(&mut self, cx: &mut Context<'_>, batch: &mut Batch<T>) -> Poll<Result<bool>> {
        while !batch.is_full() {
            if batch.is_empty() && !self.batch.is_empty() {
                // It is no more than the mark allows, or what a writer has added against advice.
                batch.append(&mut self.batch);
            } else if let Some(item) = self.batch.pop() {
                batch.push(item);
            } else if let Some(item) = ready!(self.poll_batch(cx))? {
                batch.push(item);
            } else {
                return Poll::Ready(Ok(false));
            }
        }
        Poll::Ready(Ok(true))
    }
}

impl<T> Drop for ReadHandle<T> {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.is_reader_gone = true;
        let rest = std::mem::replace(&mut state.queue, Batch::new(self.shared.options));
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        // Outside of the lock: items may do anything when they are dropped.
        drop(rest);
        if !mutant!("handles-gone-reader-tells-nobody") {
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl<T> fmt::Debug for WriteHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state.lock();
        f.debug_struct("WriteHandle")
            .field("units", &state.queue.units())
            .field("is_closed", &state.is_reader_gone)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ReadHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHandle")
            .field("held", &self.batch.units())
            .finish_non_exhaustive()
    }
}
