//! One source for several readers.

use std::{
    fmt,
    task::{Context, Poll, Wake, Waker, ready},
};

use synodic_sync::{Arc, Mutex};

use crate::{Batch, Error, Options, Result, Source};

/// Makes `count` sources of one: each delivers all items.
///
/// The slowest sets the pace: the source is not read while one of them has as much in its queue as the
/// high-water mark says. One that is dropped does not count any more. When the source fails, all
/// deliver its error; it is destroyed with the last of them.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, Source, from_iter, tee};
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
/// let mut branches = tee(from_iter([1, 2, 3]), 2, Options::objects(16));
/// let (all, sum) = (branches.remove(0), branches.remove(0));
/// assert_eq!(block_on(all.to_vec()).unwrap(), [1, 2, 3]);
/// assert_eq!(block_on(sum.reduce(|a, b| Ok(a + b))).unwrap(), 6);
/// ```
#[must_use]
pub fn tee<S>(source: S, count: usize, options: Options<S::Item>) -> Vec<Branch<S>>
where
    S: Source<Item: Clone>,
{
    let trunk = Arc::new(Mutex::new(Trunk {
        source,
        queues: (0..count).map(|_| Some(Batch::new(options))).collect(),
        end: None,
    }));
    let waiting = Arc::new(Waiting::default());
    let branch = |index| Branch {
        trunk: Arc::clone(&trunk),
        waiting: Arc::clone(&waiting),
        index,
    };
    (0..count).map(branch).collect()
}

/// One of the sources that [`tee`] makes.
pub struct Branch<S: Source> {
    trunk: Arc<Mutex<Trunk<S>>>,
    waiting: Arc<Waiting>,
    index: usize,
}

struct Trunk<S: Source> {
    source: S,
    /// None where the branch is gone.
    queues: Vec<Option<Batch<S::Item>>>,
    /// How the source has ended.
    end: Option<Result<()>>,
}

/// Those who wait for the source, or for another branch.
///
/// The source gets it as its waker: whoever polled last may have lost interest meanwhile.
#[derive(Default)]
struct Waiting {
    wakers: Mutex<Vec<Waker>>,
}

impl Waiting {
    fn add(&self, waker: &Waker) {
        let mut wakers = self.wakers.lock();
        if !wakers.iter().any(|other| other.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    fn remove(&self, waker: &Waker) {
        self.wakers.lock().retain(|other| !other.will_wake(waker));
    }

    /// Wakes all, without a lock: a waker may do anything.
    fn notify(&self) {
        let wakers = std::mem::take(&mut *self.wakers.lock());
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.notify();
    }
}

impl<S: Source<Item: Clone>> Trunk<S> {
    /// Reads the source for the branch at `index`, and for all others.
    fn poll_read(&mut self, cx: &mut Context<'_>, index: usize) -> Poll<Result<Option<S::Item>>> {
        if let Some(end) = &self.end {
            return Poll::Ready(end.clone().map(|()| None));
        }
        if self.queues.iter().flatten().any(Batch::is_full) {
            return Poll::Pending;
        }
        let next = ready!(self.source.poll_next(cx));
        match &next {
            Ok(Some(item)) => {
                let others = self.queues.iter_mut().enumerate();
                for (_, queue) in others.filter(|(other, _)| *other != index) {
                    if let Some(queue) = queue {
                        queue.push(item.clone());
                    }
                }
            }
            Ok(None) => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(error.clone())),
        }
        Poll::Ready(next)
    }
}

impl<S: Source<Item: Clone>> Branch<S> {
    /// Takes from the branch's own queue; whether others may go on now.
    fn pop(&self) -> (Option<S::Item>, bool) {
        let mut trunk = self.trunk.lock();
        match &mut trunk.queues[self.index] {
            None => (None, false),
            Some(queue) => {
                let was_full = queue.is_full();
                (queue.pop(), was_full)
            }
        }
    }
}

impl<S: Source> Branch<S> {
    fn leave(&self) {
        let queue = self.trunk.lock().queues[self.index].take();
        // Without the lock: items may do anything when they are dropped.
        drop(queue);
        self.waiting.notify();
    }
}

impl<S: Source<Item: Clone>> Source for Branch<S> {
    type Item = S::Item;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        let (item, was_full) = self.pop();
        if was_full {
            self.waiting.notify();
        }
        if item.is_some() {
            return Poll::Ready(Ok(item));
        }
        // Before the source is asked: it may wake at once.
        self.waiting.add(cx.waker());
        let waker = Waker::from(Arc::clone(&self.waiting));
        let mut cx_of_all = Context::from_waker(&waker);
        let next = ready!(self.trunk.lock().poll_read(&mut cx_of_all, self.index));
        self.waiting.remove(cx.waker());
        self.waiting.notify();
        Poll::Ready(next)
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        let mut trunk = self.trunk.lock();
        let mut others = trunk
            .queues
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != self.index);
        let is_last = others.all(|(_, queue)| queue.is_none());
        let result = if is_last && trunk.queues[self.index].is_some() {
            ready!(trunk.source.poll_destroy(cx, why))
        } else {
            Ok(())
        };
        drop(trunk);
        self.leave();
        Poll::Ready(result)
    }
}

impl<S: Source> Drop for Branch<S> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<S: Source> fmt::Debug for Branch<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branch")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
