//! One source for several readers.

use std::{
    fmt,
    task::{Context, Poll, Waker, ready},
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
    let queue = || {
        Some(Queue {
            items: Batch::new(options),
            waker: None,
        })
    };
    let shared = Arc::new(Mutex::new(Trunk {
        source,
        queues: (0..count).map(|_| queue()).collect(),
        end: None,
    }));
    let branch = |index| Branch {
        trunk: Arc::clone(&shared),
        index,
    };
    (0..count).map(branch).collect()
}

/// One of the sources that [`tee`] makes.
pub struct Branch<S: Source> {
    trunk: Arc<Mutex<Trunk<S>>>,
    index: usize,
}

struct Trunk<S: Source> {
    source: S,
    /// None where the branch is gone.
    queues: Vec<Option<Queue<S::Item>>>,
    /// How the source has ended.
    end: Option<Result<()>>,
}

struct Queue<T> {
    items: Batch<T>,
    waker: Option<Waker>,
}

impl<S: Source<Item: Clone>> Trunk<S> {
    /// Reads the source for the branch at `index`, and for all others.
    fn poll_read(&mut self, cx: &mut Context<'_>, index: usize) -> Poll<Result<Option<S::Item>>> {
        if let Some(end) = &self.end {
            return Poll::Ready(end.clone().map(|()| None));
        }
        if self
            .queues
            .iter()
            .flatten()
            .any(|queue| queue.items.is_full())
        {
            return Poll::Pending;
        }
        let next = ready!(self.source.poll_next(cx));
        let others = self
            .queues
            .iter_mut()
            .enumerate()
            .filter(|(other, _)| *other != index);
        for queue in others.filter_map(|(_, queue)| queue.as_mut()) {
            if let Ok(Some(item)) = &next {
                queue.items.push(item.clone());
            }
            if let Some(waker) = queue.waker.take() {
                waker.wake();
            }
        }
        match &next {
            Ok(Some(_)) => {}
            Ok(None) => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(error.clone())),
        }
        Poll::Ready(next)
    }
}

impl<S: Source> Trunk<S> {
    /// Somebody has taken something, or is gone: the source may be read again.
    fn wake_all(&mut self) {
        let wakers = self
            .queues
            .iter_mut()
            .flatten()
            .filter_map(|queue| queue.waker.take());
        wakers.for_each(Waker::wake);
    }

    fn leave(&mut self, index: usize) {
        let queue = self.queues[index].take();
        drop(queue);
        self.wake_all();
    }
}

impl<S: Source<Item: Clone>> Source for Branch<S> {
    type Item = S::Item;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<S::Item>>> {
        let trunk = &mut *self.trunk.lock();
        let Some(queue) = &mut trunk.queues[self.index] else {
            return Poll::Ready(Ok(None));
        };
        let was_full = queue.items.is_full();
        if let Some(item) = queue.items.pop() {
            if was_full {
                trunk.wake_all();
            }
            return Poll::Ready(Ok(Some(item)));
        }
        let next = trunk.poll_read(cx, self.index);
        if let (Poll::Pending, Some(queue)) = (&next, &mut trunk.queues[self.index]) {
            queue.waker = Some(cx.waker().clone());
        }
        next
    }

    fn poll_destroy(&mut self, cx: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        let trunk = &mut *self.trunk.lock();
        let others = trunk.queues.iter().enumerate();
        let is_last = others
            .filter(|(_, queue)| queue.is_some())
            .all(|(other, _)| other == self.index);
        if is_last {
            ready!(trunk.source.poll_destroy(cx, why))?;
        }
        trunk.leave(self.index);
        Poll::Ready(Ok(()))
    }
}

impl<S: Source> Drop for Branch<S> {
    fn drop(&mut self) {
        self.trunk.lock().leave(self.index);
    }
}

impl<S: Source> fmt::Debug for Branch<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branch")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
