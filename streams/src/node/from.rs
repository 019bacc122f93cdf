//! Readables made of iterators and sources.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker, ready},
};

use super::{done::Done, read_side::ReadCore, readable::Readable, stream::Stream, turns};
use crate::{Error, Options, Result, Source};

impl<T: 'static> Readable<T> {
    /// The items of an iterator. It is asked for no more than there is room for, and dropped with
    /// the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_streams::{Options, node};
    ///
    /// let readable = node::Readable::from_iter("abc".chars(), Options::objects(16));
    /// assert_eq!(readable.read(), Some('a'));
    /// ```
    #[must_use]
    pub fn from_iter<I>(items: I, options: Options<T>) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: 'static,
    {
        Self::try_from_iter(items.into_iter().map(Ok), options)
    }

    /// The same of an iterator that may fail, which destroys the stream.
    #[must_use]
    pub fn try_from_iter<I>(items: I, options: Options<T>) -> Self
    where
        I: IntoIterator<Item = Result<T>>,
        I::IntoIter: 'static,
    {
        let items = RefCell::new(items.into_iter());
        Self::builder(options)
            .read(move |readable| {
                loop {
                    let next = items.borrow_mut().next();
                    match next {
                        Some(Ok(item)) => {
                            if !readable.push(item) {
                                break;
                            }
                        }
                        Some(Err(error)) => break readable.destroy(Some(error)),
                        None => break readable.push_end(),
                    }
                }
            })
            .build()
    }

    /// The items of a source, which is destroyed with the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_streams::{Options, from_fn, node};
    ///
    /// let mut count = 0;
    /// let source = from_fn(move || {
    ///     count += 1;
    ///     async move { Ok((count < 3).then_some(count)) }
    /// });
    /// let readable = node::Readable::from_source(source, Options::objects(16));
    /// node::spawn(async move {
    ///     let mut items = readable.items();
    ///     assert_eq!(items.next().await.unwrap().unwrap(), 1);
    ///     assert_eq!(items.next().await.unwrap().unwrap(), 2);
    ///     assert!(items.next().await.is_none());
    /// });
    /// node::settle();
    /// ```
    #[must_use]
    pub fn from_source<S>(source: S, options: Options<T>) -> Self
    where
        S: Source<Item = T> + 'static,
    {
        Self::pulled(source, options, Demand::default())
    }

    /// What an operator makes: as in Node, where it is a generator, one that waits for an item is not
    /// interrupted when the stream is destroyed.
    pub(crate) fn generated<S>(source: S, options: Options<T>) -> Self
    where
        S: Source<Item = T> + 'static,
    {
        let demand = Demand {
            waits: true,
            ..Demand::default()
        };
        Self::pulled(source, options, demand)
    }

    fn pulled<S>(source: S, options: Options<T>, demand: Demand) -> Self
    where
        S: Source<Item = T> + 'static,
    {
        let demand = Rc::new(demand);
        let asked = Asker(Rc::clone(&demand));
        let ended = Rc::clone(&demand);
        let readable = Self::builder(options)
            .read(move |_| asked.0.raise())
            .destroy(move |error, done| {
                *ended.destroyed.borrow_mut() = Some((error, done));
                ended.wake();
            })
            .build();
        let weak = Rc::downgrade(readable.core());
        let task = Rc::clone(&demand);
        let id = turns::spawn_named(async move {
            let mut source = source;
            poll_fn(|cx| demand.poll_pull(cx, &mut source, &weak)).await;
            let destroyed = demand.destroyed.borrow_mut().take();
            if let Some((error, done)) = destroyed {
                let result = poll_fn(|cx| source.poll_destroy(cx, error.as_ref())).await;
                // A source may close others when it goes.
                drop(source);
                done.complete(result.and(error.map_or(Ok(()), Err)));
            }
        });
        task.task.set(id);
        readable
    }
}

/// What a readable wants of its source.
#[derive(Default)]
struct Demand {
    /// A source that was asked for an item is not destroyed before it has delivered.
    waits: bool,
    /// The source was asked for an item.
    is_pending: Cell<bool>,
    is_raised: Cell<bool>,
    /// The source has nothing more.
    is_dry: Cell<bool>,
    /// The readable is not there any more.
    is_gone: Cell<bool>,
    destroyed: RefCell<Option<(Option<Error>, Done)>>,
    waker: RefCell<Option<Waker>>,
    /// The task that asks the source.
    task: Cell<u64>,
}

/// Wakes the task once more when the readable is dropped.
struct Asker(Rc<Demand>);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.is_gone.set(true);
        self.0.wake();
    }
}

impl Demand {
    /// The source is asked from within the call, as a generator would be.
    fn raise(&self) {
        self.is_raised.set(true);
        turns::poll_now(self.task.get());
    }

    fn wake(&self) {
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Moves items until the readable is destroyed.
    fn poll_pull<S: Source>(
        &self,
        cx: &mut Context<'_>,
        source: &mut S,
        readable: &Weak<ReadCore<S::Item>>,
    ) -> Poll<()>
    where
        S::Item: 'static,
    {
        loop {
            *self.waker.borrow_mut() = Some(cx.waker().clone());
            let is_over = self.is_gone.get() || self.destroyed.borrow().is_some();
            let must_wait = self.waits && self.is_pending.get();
            if is_over && !must_wait {
                return Poll::Ready(());
            }
            if (!self.is_raised.get() && !must_wait) || self.is_dry.get() {
                return Poll::Pending;
            }
            self.is_pending.set(true);
            let next = ready!(source.poll_next(cx));
            self.is_pending.set(false);
            let Some(core) = readable.upgrade() else {
                return Poll::Ready(());
            };
            match next {
                Ok(Some(item)) => {
                    // A push may ask for more at once.
                    self.is_raised.set(false);
                    if core.push(item) {
                        self.is_raised.set(true);
                    }
                }
                Ok(None) => {
                    self.is_dry.set(true);
                    core.push_end();
                }
                Err(error) => {
                    self.is_dry.set(true);
                    core.life.destroy(Some(error));
                }
            }
        }
    }
}
