//! The items of a readable, one by one.

use std::{
    cell::{Cell, RefCell},
    fmt,
    future::poll_fn,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::{
    event::ListenerId,
    finished::{FinishedOptions, Watch, give_up, watch},
    readable::Readable,
    stream::Stream,
};
use crate::{Error, Result, Source};

/// The items of a [`Readable`], one by one: what `for await` is in JavaScript.
///
/// Dropping it before the end destroys the stream, unless
/// [`destroy_on_return(false)`](Self::destroy_on_return) says otherwise.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node, node::Stream};
///
/// let readable = node::Readable::from_iter(1.., Options::objects(16));
/// let stream = readable.clone();
/// node::spawn(async move {
///     let mut items = stream.items();
///     assert_eq!(items.next().await.unwrap().unwrap(), 1);
/// });
/// node::settle();
/// assert!(readable.is_destroyed());
/// ```
pub struct Items<T: 'static> {
    readable: Readable<T>,
    shared: Rc<Shared>,
    listening: Option<Listening>,
    destroys: bool,
}

struct Listening {
    readable: ListenerId,
    watch: Watch,
}

#[derive(Default)]
struct Shared {
    outcome: RefCell<Option<Result<()>>>,
    waker: RefCell<Option<Waker>>,
    is_over: Cell<bool>,
}

impl Shared {
    fn wake(&self) {
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T: 'static> Items<T> {
    pub(crate) fn new(readable: &Readable<T>) -> Self {
        Self {
            readable: readable.clone(),
            shared: Rc::default(),
            listening: None,
            destroys: true,
        }
    }

    /// Whether leaving before the end destroys the stream.
    #[must_use]
    pub fn destroy_on_return(mut self, yes: bool) -> Self {
        self.destroys = yes;
        self
    }

    /// The next item; none at the end.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        if self.shared.is_over.get() {
            return Poll::Ready(None);
        }
        self.listen();
        // Before the read: it may tell that there is more.
        *self.shared.waker.borrow_mut() = Some(cx.waker().clone());
        if !self.readable.is_destroyed()
            && let Some(item) = self.readable.read()
        {
            return Poll::Ready(Some(Ok(item)));
        }
        let outcome = self.shared.outcome.borrow().clone();
        match outcome {
            None => Poll::Pending,
            Some(outcome) => {
                self.shared.is_over.set(true);
                self.leave(outcome.is_err() || self.destroys);
                Poll::Ready(outcome.err().map(Err))
            }
        }
    }

    fn listen(&mut self) {
        if self.listening.is_some() {
            return;
        }
        let shared = Rc::clone(&self.shared);
        let readable = self.readable.on_readable(move || shared.wake());
        let shared = Rc::clone(&self.shared);
        let options = FinishedOptions::new().writable(false);
        let told = move |result| {
            *shared.outcome.borrow_mut() = Some(result);
            shared.wake();
        };
        let watch = watch(self.readable.stream().life(), options, Box::new(told));
        self.listening = Some(Listening { readable, watch });
    }

    fn leave(&mut self, destroys: bool) {
        let stream = self.readable.stream();
        let life = stream.life();
        let auto_destroy = self.shared.outcome.borrow().is_none() || life.settings.auto_destroy;
        if destroys && auto_destroy {
            give_up(life, None);
        }
        if let Some(Listening { readable, watch }) = self.listening.take() {
            if !life.state.is_destroyed.get() {
                self.readable.remove_readable_listener(readable);
            }
            watch.cancel();
        }
    }
}

impl<T: 'static> Source for Items<T> {
    type Item = T;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        self.poll_item(cx).map(Option::transpose)
    }

    fn poll_destroy(&mut self, _cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        if let Some(error) = why.filter(|_| !self.shared.is_over.get()) {
            give_up(self.readable.stream().life(), Some(error.clone()));
        }
        if !self.shared.is_over.replace(true) {
            self.leave(self.destroys);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: 'static> Drop for Items<T> {
    fn drop(&mut self) {
        // One that was never asked leaves the stream alone.
        if !self.shared.is_over.replace(true) && self.listening.is_some() {
            self.leave(self.destroys);
        }
    }
}

impl<T: 'static> Unpin for Items<T> {}

impl<T: 'static> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.readable).finish()
    }
}
