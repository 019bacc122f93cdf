//! Operators on readables, which read ahead as Node's do.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    future::poll_fn,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use super::{items::Items, readable::Readable, turns::spawn};
use crate::{Error, ErrorKind, Options, Result, Source};

/// What the results of an operator are buffered with.
fn one<T>() -> Options<T> {
    Options::objects(1)
}

impl<T: 'static> Readable<T> {
    /// What `change` makes of each item; at most `concurrency` run at once, and the order is kept.
    ///
    /// When the result is left before its end, or `change` fails, this stream is destroyed.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_streams::{Options, node};
    ///
    /// let numbers = node::Readable::from_iter([1, 2, 3], Options::objects(16));
    /// let squares = numbers.map(2, async |number| Ok(number * number));
    /// node::spawn(async move {
    ///     assert_eq!(squares.to_vec().await.unwrap(), [1, 4, 9]);
    /// });
    /// node::settle();
    /// ```
    #[must_use]
    pub fn map<U, A>(
        &self,
        concurrency: usize,
        mut change: impl FnMut(T) -> A + 'static,
    ) -> Readable<U>
    where
        U: 'static,
        A: Future<Output = Result<U>> + 'static,
    {
        let results = Results::start(self.hopping(), concurrency, move |item| {
            let future = change(item);
            async move { future.await.map(Some) }
        });
        Readable::generated(Hops::new(results), one())
    }

    /// The items that `keep` keeps; at most `concurrency` run at once, and the order is kept.
    #[must_use]
    pub fn filter<A>(&self, concurrency: usize, keep: impl FnMut(&T) -> A + 'static) -> Self
    where
        A: Future<Output = Result<bool>> + 'static,
    {
        Self::generated(Hops::new(self.kept(concurrency, keep)), one())
    }

    /// All that `change` makes of each item; at most `concurrency` run at once, and the order is kept.
    #[must_use]
    pub fn flat_map<I, A>(
        &self,
        concurrency: usize,
        mut change: impl FnMut(T) -> A + 'static,
    ) -> Readable<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: 'static,
        A: Future<Output = Result<I>> + 'static,
    {
        let results = Results::start(self.hopping(), concurrency, move |item| {
            let future = change(item);
            async move { future.await.map(Some) }
        });
        Readable::generated(Hops::new(Hops::new(results).flatten()), one())
    }

    /// The first `count` items; this stream is destroyed then.
    #[must_use]
    pub fn take(&self, count: usize) -> Self {
        if count == 0 {
            // Node looks at the count only when it has an item.
            let nothing = self.hopping().take(1).filter(|_| false);
            return Self::generated(Hops::new(nothing), one());
        }
        Self::generated(Hops::new(self.hopping().take(count)), one())
    }

    /// All but the first `count` items.
    #[must_use]
    #[doc(alias = "drop")]
    pub fn skip(&self, count: usize) -> Self {
        Self::generated(Hops::new(self.hopping().skip(count)), one())
    }

    /// All items.
    ///
    /// # Errors
    ///
    /// That of the stream.
    #[doc(alias = "toArray")]
    pub async fn to_vec(&self) -> Result<Vec<T>> {
        let mut items = self.hopping();
        let mut all = Vec::new();
        while let Some(item) = poll_fn(|cx| items.poll_next(cx)).await.transpose() {
            all.push(item?);
        }
        Ok(all)
    }

    /// What `merge` makes of the first item and the second, of that and the third, and so on.
    ///
    /// # Errors
    ///
    /// That of the stream or of `merge`; [`ErrorKind::Empty`] without an item.
    pub async fn reduce(&self, mut merge: impl AsyncFnMut(T, T) -> Result<T>) -> Result<T> {
        let mut items = self.hopping();
        let mut total = None;
        while let Some(item) = poll_fn(|cx| items.poll_next(cx)).await.transpose() {
            total = Some(match total {
                None => item?,
                Some(total) => merge(total, item?).await?,
            });
        }
        total.ok_or_else(|| ErrorKind::Empty.into())
    }

    /// What `merge` makes of `initial` and the first item, of that and the second, and so on.
    ///
    /// # Errors
    ///
    /// That of the stream or of `merge`.
    pub async fn fold<U>(
        &self,
        initial: U,
        mut merge: impl AsyncFnMut(U, T) -> Result<U>,
    ) -> Result<U> {
        let mut items = self.hopping();
        let mut total = initial;
        while let Some(item) = poll_fn(|cx| items.poll_next(cx)).await.transpose() {
            total = merge(total, item?).await?;
        }
        Ok(total)
    }

    /// Calls `work` with each item; at most `concurrency` run at once.
    ///
    /// # Errors
    ///
    /// That of the stream or of `work`.
    pub async fn for_each<A>(
        &self,
        concurrency: usize,
        mut work: impl FnMut(T) -> A + 'static,
    ) -> Result<()>
    where
        A: Future<Output = Result<()>> + 'static,
    {
        let mut results = Results::start(self.hopping(), concurrency, move |item| {
            let future = work(item);
            async move {
                let result = future.await.map(|()| None::<()>);
                hop().await;
                result
            }
        });
        poll_fn(|cx| results.poll_next(cx)).await.map(drop)
    }

    /// The first item that `is_wanted` accepts; the stream is destroyed then.
    ///
    /// # Errors
    ///
    /// That of the stream or of `is_wanted`.
    pub async fn find<A>(
        &self,
        concurrency: usize,
        is_wanted: impl FnMut(&T) -> A + 'static,
    ) -> Result<Option<T>>
    where
        A: Future<Output = Result<bool>> + 'static,
    {
        let mut kept = Hops::new(self.kept(concurrency, is_wanted));
        poll_fn(|cx| kept.poll_next(cx)).await
    }

    /// Whether `is_wanted` accepts an item; the stream is destroyed then.
    ///
    /// # Errors
    ///
    /// That of the stream or of `is_wanted`.
    pub async fn some<A>(
        &self,
        concurrency: usize,
        is_wanted: impl FnMut(&T) -> A + 'static,
    ) -> Result<bool>
    where
        A: Future<Output = Result<bool>> + 'static,
    {
        Ok(self.find(concurrency, is_wanted).await?.is_some())
    }

    /// Whether `is_wanted` accepts every item; the stream is destroyed when it does not.
    ///
    /// # Errors
    ///
    /// That of the stream or of `is_wanted`.
    pub async fn every<A>(
        &self,
        concurrency: usize,
        mut is_wanted: impl FnMut(&T) -> A + 'static,
    ) -> Result<bool>
    where
        A: Future<Output = Result<bool>> + 'static,
    {
        let refuses = move |item: &T| {
            let future = is_wanted(item);
            async move {
                let is_wanted = future.await?;
                hop().await;
                Ok(!is_wanted)
            }
        };
        Ok(!self.some(concurrency, refuses).await?)
    }

    fn hopping(&self) -> Hops<Items<T>> {
        Hops::new(self.items())
    }

    fn kept<A>(
        &self,
        concurrency: usize,
        mut keep: impl FnMut(&T) -> A + 'static,
    ) -> impl Source<Item = T> + 'static
    where
        A: Future<Output = Result<bool>> + 'static,
    {
        Results::start(self.hopping(), concurrency, move |item| {
            let future = keep(&item);
            async move {
                let is_kept = future.await?;
                hop().await;
                Ok(is_kept.then_some(item))
            }
        })
    }
}

/// Delays each item as JavaScript does: a `yield` and the `await` of the one who takes it are a turn of
/// the queue of microtasks each. How far one stage has read when another stops depends on it.
struct Hops<S: Source> {
    source: S,
    held: Option<Result<Option<S::Item>>>,
    left: u8,
}

impl<S: Source> Hops<S> {
    fn new(source: S) -> Self {
        Self {
            source,
            held: None,
            left: 0,
        }
    }
}

impl<S: Source> Source for Hops<S> {
    type Item = S::Item;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        if self.held.is_none() {
            let next = ready!(self.source.poll_next(cx));
            // The end is not yielded, only awaited.
            self.left = if matches!(next, Ok(Some(_))) { 2 } else { 1 };
            self.held = Some(next);
        }
        if self.left > 0 {
            self.left -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.held.take().expect("it was filled above"))
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        self.source.poll_destroy(cx, why)
    }
}

/// One turn of the queue.
async fn hop() {
    let mut is_second = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut is_second, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The results of calls that run at once, in the order of the items.
///
/// A task reads ahead: with `n` calls at once, up to `2 n - 1` items are under way.
struct Results<U> {
    shared: Rc<Shared<U>>,
    /// The first of the queue has been delivered.
    is_first_taken: bool,
}

struct Shared<U> {
    concurrency: usize,
    queue: RefCell<VecDeque<Rc<RefCell<Slot<U>>>>>,
    running: Cell<usize>,
    is_done: Cell<bool>,
    /// The task that reads, waiting for room.
    reader: RefCell<Option<Waker>>,
    /// Who waits for the first result.
    taker: RefCell<Option<Waker>>,
}

enum Slot<U> {
    Running,
    /// None where the item is left out.
    Ready(Result<Option<U>>),
    End,
}

impl<U: 'static> Results<U> {
    fn start<T: 'static, A>(
        items: Hops<Items<T>>,
        concurrency: usize,
        mut call: impl FnMut(T) -> A + 'static,
    ) -> Self
    where
        A: Future<Output = Result<Option<U>>> + 'static,
    {
        let shared = Rc::new(Shared {
            concurrency: concurrency.max(1),
            queue: RefCell::default(),
            running: Cell::new(0),
            is_done: Cell::new(false),
            reader: RefCell::default(),
            taker: RefCell::default(),
        });
        let reader = Rc::clone(&shared);
        spawn(async move {
            let mut items = items;
            let mut last = Slot::End;
            while let Some(item) = poll_fn(|cx| items.poll_next(cx)).await.transpose() {
                if reader.is_done.get() {
                    return;
                }
                match item {
                    Ok(item) => reader.run(call(item)),
                    Err(error) => {
                        last = Slot::Ready(Err(error));
                        break;
                    }
                }
                poll_fn(|cx| reader.poll_room(cx)).await;
            }
            reader.push(last);
            reader.is_done.set(true);
        });
        Self {
            shared,
            is_first_taken: false,
        }
    }
}

impl<U: 'static> Shared<U> {
    fn push(&self, slot: Slot<U>) -> Rc<RefCell<Slot<U>>> {
        let slot = Rc::new(RefCell::new(slot));
        self.queue.borrow_mut().push_back(Rc::clone(&slot));
        wake(&self.taker);
        slot
    }

    fn run(self: &Rc<Self>, future: impl Future<Output = Result<Option<U>>> + 'static) {
        self.running.set(self.running.get() + 1);
        let slot = self.push(Slot::Running);
        let shared = Rc::clone(self);
        spawn(async move {
            let result = future.await;
            if result.is_err() {
                shared.is_done.set(true);
            }
            *slot.borrow_mut() = Slot::Ready(result);
            wake(&shared.taker);
            hop().await;
            shared.running.set(shared.running.get() - 1);
            shared.wake_reader();
        });
    }

    fn has_room(&self) -> bool {
        let len_max = 2 * self.concurrency - 1;
        self.running.get() < self.concurrency && self.queue.borrow().len() < len_max
    }

    fn wake_reader(&self) {
        if !self.is_done.get() && self.has_room() {
            wake(&self.reader);
        }
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_done.get() || self.has_room() {
            return Poll::Ready(());
        }
        *self.reader.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }

    fn pop(&self) {
        self.queue.borrow_mut().pop_front();
        self.wake_reader();
    }
}

impl<U: 'static> Source for Results<U> {
    type Item = U;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<U>>> {
        if std::mem::take(&mut self.is_first_taken) {
            self.shared.pop();
        }
        loop {
            let first = self.shared.queue.borrow().front().cloned();
            let result = first.map(|slot| match &mut *slot.borrow_mut() {
                Slot::Running => None,
                Slot::End => Some(Ok(None)),
                Slot::Ready(result) => {
                    let taken = std::mem::replace(result, Ok(None));
                    Some(taken.map(Some))
                }
            });
            match result.flatten() {
                None => {
                    *self.shared.taker.borrow_mut() = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                Some(Ok(Some(None))) => self.shared.pop(),
                Some(Ok(Some(Some(item)))) => {
                    self.is_first_taken = true;
                    return Poll::Ready(Ok(Some(item)));
                }
                Some(Ok(None)) => return Poll::Ready(Ok(None)),
                Some(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_destroy(&mut self, _cx: &mut Context<'_>, _why: Option<&Error>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<U> Drop for Results<U> {
    fn drop(&mut self) {
        self.shared.is_done.set(true);
        wake(&self.shared.reader);
    }
}

impl<U> fmt::Debug for Results<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results")
            .field("running", &self.shared.running)
            .finish_non_exhaustive()
    }
}

fn wake(waker: &RefCell<Option<Waker>>) {
    let waker = waker.borrow_mut().take();
    if let Some(waker) = waker {
        waker.wake();
    }
}
