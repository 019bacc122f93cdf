//! Local tasks: futures that are polled as microtasks.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Wake, Waker};

use synodic_sync::Arc;

use crate::handle::Handle;
use crate::microtask::Microtask;
use crate::remote::{LoopMailbox, Message};
use crate::shared::wake_state::WakeState;
use crate::unwind::catch_rejection;
use crate::{Outcome, Reason};

/// Names a task: its place, and which of the tasks it is that have had this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskKey {
    index: u32,
    generation: u32,
}

/// The tasks of one loop. Their futures stay here, on the loop's thread; a waker holds only a name.
#[derive(Default)]
pub(crate) struct Tasks(RefCell<Slab>);

#[derive(Default)]
struct Slab {
    places: Vec<Place>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Place {
    generation: u32,
    task: Option<Task>,
}

struct Task {
    shared: Arc<Shared>,
    /// Empty while the task is polled.
    body: Option<Body>,
    /// Its turn came while it was polled: a microtask host emptied its queue inside of the poll.
    missed_turn: bool,
}

struct Body {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

/// The part of a task that wakers on any thread hold.
struct Shared {
    key: TaskKey,
    state: WakeState,
    mailbox: Arc<LoopMailbox>,
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.state.schedule() {
            return;
        }
        let is_local = Handle::with_current(|handle| {
            let inner = handle.inner();
            let is_own = Arc::ptr_eq(&inner.mailbox, &self.mailbox);
            if is_own {
                handle.enqueue(Microtask::task(self.key));
            }
            is_own
        });
        if is_local != Some(true) {
            // A closed loop has dropped its tasks: there is nobody left to wake.
            let _ = self.mailbox.post(Message::Wake(self.key));
        }
    }
}

impl Tasks {
    fn insert(
        &self,
        mailbox: &Arc<LoopMailbox>,
        future: Pin<Box<dyn Future<Output = ()>>>,
    ) -> TaskKey {
        let slab = &mut *self.0.borrow_mut();
        let index = slab.free.pop().unwrap_or_else(|| {
            slab.places.push(Place::default());
            u32::try_from(slab.places.len() - 1).expect("fewer than 2^32 tasks")
        });
        let place = &mut slab.places[index as usize];
        let key = TaskKey {
            index,
            generation: place.generation,
        };
        let state = WakeState::scheduled();
        let shared = Arc::new(Shared {
            key,
            state,
            mailbox: mailbox.clone(),
        });
        let waker = Waker::from(shared.clone());
        place.task = Some(Task {
            shared,
            body: Some(Body { future, waker }),
            missed_turn: false,
        });
        key
    }

    /// Takes the body out to be polled. `None` when the task has ended, or is being polled.
    fn start_poll(&self, key: TaskKey) -> Option<Body> {
        let slab = &mut *self.0.borrow_mut();
        let task = slab.get_mut(key)?;
        let Some(body) = task.body.take() else {
            task.missed_turn = true;
            return None;
        };
        // Cleared before the poll, so a wake-up during the poll queues the task again.
        task.shared.state.start_poll();
        Some(body)
    }

    /// Puts a pending task's body back, and says whether it has missed its turn meanwhile. Gives the
    /// body back when the task was aborted.
    fn park(&self, key: TaskKey, body: Body) -> Result<bool, Body> {
        match self.0.borrow_mut().get_mut(key) {
            Some(task) => {
                task.body = Some(body);
                Ok(std::mem::take(&mut task.missed_turn))
            }
            None => Err(body),
        }
    }

    /// Ends a task. What comes back is for the caller to drop outside of any borrow.
    fn remove(&self, key: TaskKey) -> Option<Task> {
        let slab = &mut *self.0.borrow_mut();
        slab.get_mut(key)?;
        let place = &mut slab.places[key.index as usize];
        place.generation = place.generation.wrapping_add(1);
        slab.free.push(key.index);
        place.task.take()
    }

    /// Drops all tasks, and those that their drops spawn.
    pub(crate) fn clear(&self) {
        loop {
            let tasks = self.0.borrow_mut().take_all();
            if tasks.is_empty() {
                return;
            }
            // Dropped outside of the borrow: a future's drop may spawn.
            drop(tasks);
        }
    }
}

impl Slab {
    fn get_mut(&mut self, key: TaskKey) -> Option<&mut Task> {
        let place = self.places.get_mut(key.index as usize)?;
        if place.generation == key.generation {
            place.task.as_mut()
        } else {
            None
        }
    }

    fn take_all(&mut self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (index, place) in (0_u32..).zip(&mut self.places) {
            if let Some(task) = place.task.take() {
                place.generation = place.generation.wrapping_add(1);
                self.free.push(index);
                tasks.push(task);
            }
        }
        tasks
    }
}

impl Handle {
    /// Starts a task whose result goes to `settle`, and queues its first poll unless it is to be
    /// polled `now`. A task that is dropped before its end drops `settle`.
    pub(crate) fn start_task<F>(
        &self,
        future: F,
        now: bool,
        settle: impl FnOnce(Result<<F::Output as Outcome>::Value, Reason>) + 'static,
    ) -> TaskKey
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        let body = Box::pin(async move {
            let mut future = pin!(future);
            let result = poll_fn(|context| poll_caught(future.as_mut(), context)).await;
            settle(result);
        });
        self.start_body(body, now)
    }

    /// Starts a task that reports its end by itself, and throws nothing.
    pub(crate) fn start_body(&self, body: Pin<Box<dyn Future<Output = ()>>>, now: bool) -> TaskKey {
        let key = self.inner().tasks.insert(&self.inner().mailbox, body);
        if self.is_closed() {
            self.abort_task(key);
        } else if now {
            // A body reports to `settle` and throws nothing.
            let _ = self.poll_task(key);
        } else {
            self.enqueue(Microtask::task(key));
        }
        key
    }

    /// Polls a task. A wake-up of a task that has ended does nothing.
    pub(crate) fn poll_task(&self, key: TaskKey) -> Result<(), Reason> {
        let tasks = &self.inner().tasks;
        let Some(mut body) = tasks.start_poll(key) else {
            return Ok(());
        };
        let mut context = Context::from_waker(&body.waker);
        match body.future.as_mut().poll(&mut context) {
            Poll::Pending => match tasks.park(key, body) {
                Ok(false) => {}
                Ok(true) => self.enqueue(Microtask::task(key)),
                Err(aborted) => drop(aborted),
            },
            Poll::Ready(()) => {
                let ended = tasks.remove(key);
                drop(ended);
            }
        }
        Ok(())
    }

    /// Drops a task's future, now or at the end of its current poll.
    pub(crate) fn abort_task(&self, key: TaskKey) {
        let aborted = self.inner().tasks.remove(key);
        drop(aborted);
    }
}

/// Polls, and turns a panic into a rejection.
fn poll_caught<F>(
    future: Pin<&mut F>,
    context: &mut Context<'_>,
) -> Poll<Result<<F::Output as Outcome>::Value, Reason>>
where
    F: Future,
    F::Output: Outcome,
{
    match catch_rejection(|| Ok(future.poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(outcome)) => Poll::Ready(outcome.into_result()),
        Err(reason) => Poll::Ready(Err(reason)),
    }
}
