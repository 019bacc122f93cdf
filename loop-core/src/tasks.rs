//! Local tasks: futures that are polled as microtasks.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Wake, Waker};

use synodic_sync::Arc;

use crate::handle::Handle;
use crate::microtask::Microtask;
use crate::remote::{LoopMailbox, Message};
use crate::shared::flag::Flag;
use crate::task_body::{Body, TaskBody};
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
    turn: Turn,
    /// `None` while it is polled.
    body: Option<PinnedBody>,
}

/// Where a task stands with the microtask queue.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Turn {
    /// There is no task.
    #[default]
    Vacant,
    Resting,
    Queued,
    /// It came while the task was polled: a microtask host emptied its queue inside of the poll.
    Missed,
}

type PinnedBody = Pin<Box<dyn Body>>;

/// A task's waker, on any thread.
struct TaskWaker {
    key: TaskKey,
    /// A message that wakes the task is on its way to the loop.
    posted: Flag,
    mailbox: Arc<LoopMailbox>,
}

/// A wake-up from another thread, in the mailbox.
pub(crate) struct RemoteWake(Arc<TaskWaker>);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let is_local = Handle::with_current(|handle| {
            let is_own = Arc::ptr_eq(&handle.inner().mailbox, &self.mailbox);
            if is_own {
                handle.wake_task(self.key);
            }
            is_own
        });
        if is_local != Some(true) && self.posted.raise() {
            // A closed loop has dropped its tasks: there is nobody left to wake.
            let _ = self.mailbox.post(Message::Wake(RemoteWake(self.clone())));
        }
    }
}

impl RemoteWake {
    /// Takes the wake-up, and says whom to poll.
    pub(crate) fn take(self) -> TaskKey {
        // Lowered before the poll, so that the poll sees what was announced by every wake-up that
        // found the flag up, and a later one posts again.
        self.0.posted.lower();
        self.0.key
    }
}

impl Tasks {
    /// Takes a place for the body that `make` makes, which runs no code of the program.
    fn insert(
        &self,
        mailbox: &Arc<LoopMailbox>,
        make: impl FnOnce(Waker) -> PinnedBody,
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
        let waker = Waker::from(Arc::new(TaskWaker {
            key,
            posted: Flag::new(),
            mailbox: mailbox.clone(),
        }));
        place.turn = Turn::Resting;
        place.body = Some(make(waker));
        key
    }

    /// Claims the task's turn in the microtask queue. False when it needs none.
    fn claim_turn(&self, key: TaskKey) -> bool {
        let slab = &mut *self.0.borrow_mut();
        slab.get_mut(key).is_some_and(|place| {
            let is_claimed = place.turn == Turn::Resting;
            if is_claimed {
                place.turn = Turn::Queued;
            }
            is_claimed
        })
    }

    /// Takes the body out to be polled. `None` when the task has ended, or is being polled.
    fn start_poll(&self, key: TaskKey) -> Option<PinnedBody> {
        let slab = &mut *self.0.borrow_mut();
        let place = slab.get_mut(key)?;
        let Some(body) = place.body.take() else {
            place.turn = Turn::Missed;
            return None;
        };
        // Before the poll, so a wake-up during the poll queues the task again.
        place.turn = Turn::Resting;
        Some(body)
    }

    /// Puts a pending task's body back, and says whether it has missed its turn meanwhile. Gives the
    /// body back when the task was aborted.
    fn park(&self, key: TaskKey, body: PinnedBody) -> Result<bool, PinnedBody> {
        match self.0.borrow_mut().get_mut(key) {
            Some(place) => {
                place.body = Some(body);
                let has_missed = place.turn == Turn::Missed;
                if has_missed {
                    place.turn = Turn::Resting;
                }
                Ok(has_missed)
            }
            None => Err(body),
        }
    }

    /// Ends a task. What comes back is for the caller to drop outside of any borrow.
    fn remove(&self, key: TaskKey) -> Option<PinnedBody> {
        let slab = &mut *self.0.borrow_mut();
        let body = slab.get_mut(key)?.vacate();
        slab.free.push(key.index);
        body
    }

    /// Drops all tasks, and those that their drops spawn.
    pub(crate) fn clear(&self) {
        loop {
            let bodies = self.0.borrow_mut().take_all();
            if bodies.is_empty() {
                return;
            }
            // Dropped outside of the borrow: a future's drop may spawn.
            drop(bodies);
        }
    }
}

impl Slab {
    fn get_mut(&mut self, key: TaskKey) -> Option<&mut Place> {
        let place = self.places.get_mut(key.index as usize)?;
        let is_named = place.generation == key.generation && place.turn != Turn::Vacant;
        is_named.then_some(place)
    }

    fn take_all(&mut self) -> Vec<PinnedBody> {
        let mut bodies = Vec::new();
        for (index, place) in (0_u32..).zip(&mut self.places) {
            if place.turn != Turn::Vacant {
                bodies.extend(place.vacate());
                self.free.push(index);
            }
        }
        bodies
    }
}

impl Place {
    /// Makes room for another task: the keys of this one name nothing any more. `None` when the
    /// task is being polled.
    fn vacate(&mut self) -> Option<PinnedBody> {
        self.generation = self.generation.wrapping_add(1);
        self.turn = Turn::Vacant;
        self.body.take()
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
        let inner = self.inner();
        let key = inner.tasks.insert(&inner.mailbox, |waker| {
            Box::pin(TaskBody::new(future, settle, waker))
        });
        if self.is_closed() {
            self.abort_task(key);
        } else if now {
            // A body reports to `settle`.
            let _ = self.poll_task(key);
        } else {
            self.wake_task(key);
        }
        key
    }

    /// Queues a task's poll, unless it is queued already or the task has ended.
    fn wake_task(&self, key: TaskKey) {
        if self.inner().tasks.claim_turn(key) {
            self.enqueue(Microtask::task(key));
        }
    }

    /// Polls a task. A wake-up of a task that has ended does nothing.
    pub(crate) fn poll_task(&self, key: TaskKey) -> Result<(), Reason> {
        let tasks = &self.inner().tasks;
        let Some(mut body) = tasks.start_poll(key) else {
            return Ok(());
        };
        // Declared after the body, and so dropped before it: the place is free when the future's drop
        // panics, and when a poll does.
        let ending = Ending { tasks, key };
        if body.as_mut().poll().is_pending() {
            std::mem::forget(ending);
            match tasks.park(key, body) {
                Ok(false) => {}
                Ok(true) => self.wake_task(key),
                Err(aborted) => drop(aborted),
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

/// Frees the place of a task that does not go on after its poll.
struct Ending<'a> {
    tasks: &'a Tasks,
    key: TaskKey,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        // The body is out, being polled, so nothing of the program's is dropped here.
        self.tasks.remove(self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::Pin;
    use std::rc::Rc;
    use std::task::{Context, Poll};

    use crate::{EventLoop, Handle, spawn_local};

    /// Is ready at once, and calls a function when it is dropped.
    struct Ends<F: FnMut()>(F);

    impl<F: FnMut()> Future for Ends<F> {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }
    }

    impl<F: FnMut()> Drop for Ends<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    /// Runs `main`; gives how many exceptions were heard and how many places are taken then.
    fn run(main: impl FnOnce()) -> (u32, usize) {
        let mut event_loop = EventLoop::new().expect("a driver works");
        let handle = event_loop.handle();
        let heard = Rc::new(Cell::new(0));
        let of_listener = heard.clone();
        handle.on_uncaught_exception(move |_| of_listener.set(of_listener.get() + 1));
        event_loop.run(main);
        let slab = handle.inner().tasks.0.borrow();
        (heard.get(), slab.places.len() - slab.free.len())
    }

    #[test]
    fn a_future_whose_drop_panics_at_its_end_leaves_no_place_behind() {
        let main = || drop(spawn_local(Ends(|| panic!("in a drop"))));
        assert_eq!(run(main), (1, 0));
    }

    #[test]
    fn a_task_that_exits_leaves_no_place_behind() {
        async fn exit() {
            Handle::current().exit(None)
        }
        assert_eq!(run(|| drop(spawn_local(exit()))), (0, 0));
    }
}
