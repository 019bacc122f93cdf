//! What is put off: steps that run after the current call, and tasks that wait.
//!
//! A stream puts off most of what it has to tell, as Node does with `process.nextTick`: the caller is
//! then back from the call that caused it. The steps of a thread run in the order in which they came,
//! whichever stream they belong to.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Wake, Waker},
};

use synodic_sync::{Arc, Mutex, thread, thread_local};

type Step = Box<dyn FnOnce()>;
type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static TURNS: Rc<Turns> = Rc::new(Turns::new());
}

/// The steps and tasks of one thread.
struct Turns {
    steps: RefCell<VecDeque<Step>>,
    /// Each with its waker.
    tasks: RefCell<HashMap<u64, (Task, Waker)>>,
    calls: RefCell<HashMap<u64, Step>>,
    last_id: Cell<u64>,
    is_settling: Cell<bool>,
    inbox: Arc<Inbox>,
}

/// What was woken, by whichever thread, and who is to hear of it.
struct Inbox {
    thread: thread::Token,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    woken: VecDeque<u64>,
    /// The same, to find one.
    is_woken: HashSet<u64>,
    /// Those who run the thread's steps, asleep.
    drivers: Vec<Waker>,
}

impl Turns {
    fn new() -> Self {
        Self {
            steps: RefCell::default(),
            tasks: RefCell::default(),
            calls: RefCell::default(),
            last_id: Cell::new(0),
            is_settling: Cell::new(false),
            inbox: Arc::new(Inbox {
                thread: thread::token(),
                state: Mutex::default(),
            }),
        }
    }

    /// Those of this thread; none when the thread is ending.
    fn current() -> Option<Rc<Self>> {
        TURNS.try_with(Rc::clone).ok()
    }

    fn next_id(&self) -> u64 {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        id
    }

    /// Runs woken tasks and steps until there are none, each kind until it has run out, as Node does
    /// with microtasks and ticks. Within itself it does nothing.
    fn settle(&self) {
        if self.is_settling.replace(true) {
            return;
        }
        // Also when a step panics: the next one to come then goes on with the rest.
        let _reset = Reset(&self.is_settling);
        loop {
            while let Some(id) = self.pop_woken() {
                self.poll(id);
            }
            if self.steps.borrow().is_empty() {
                return;
            }
            while let Some(step) = self.pop_step() {
                step();
            }
        }
    }

    fn pop_woken(&self) -> Option<u64> {
        let mut state = self.inbox.state.lock();
        let id = state.woken.pop_front()?;
        state.is_woken.remove(&id);
        Some(id)
    }

    fn pop_step(&self) -> Option<Step> {
        self.steps.borrow_mut().pop_front()
    }

    fn poll(&self, id: u64) {
        let call = self.calls.borrow_mut().remove(&id);
        if let Some(call) = call {
            return call();
        }
        // Taken out while it is polled: it may start others.
        let task = self.tasks.borrow_mut().remove(&id);
        let Some((mut task, waker)) = task else {
            return;
        };
        let mut cx = Context::from_waker(&waker);
        if task.as_mut().poll(&mut cx).is_pending() {
            self.tasks.borrow_mut().insert(id, (task, waker));
        }
    }
}

/// Lowers a flag when it goes.
struct Reset<'a>(&'a Cell<bool>);

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Inbox {
    fn push(&self, id: u64) {
        let drivers = {
            let mut state = self.state.lock();
            if state.is_woken.insert(id) {
                state.woken.push_back(id);
            }
            std::mem::take(&mut state.drivers)
        };
        drivers.into_iter().for_each(Waker::wake);
    }

    fn wake_drivers(&self) {
        let drivers = std::mem::take(&mut self.state.lock().drivers);
        drivers.into_iter().for_each(Waker::wake);
    }
}

/// Wakes a task, or makes a call, of the thread that it belongs to.
struct Bell {
    inbox: Arc<Inbox>,
    id: u64,
    is_call: bool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_call && self.inbox.thread == thread::token() {
            let turns = Turns::current();
            let call = turns.and_then(|turns| turns.calls.borrow_mut().remove(&self.id));
            if let Some(call) = call {
                call();
            }
        } else {
            self.inbox.push(self.id);
        }
    }
}

/// Runs `step` after the current call, in line with what streams have put off: `process.nextTick`.
pub fn defer(step: impl FnOnce() + 'static) {
    // On a thread that ends, nobody would run it.
    let Some(turns) = Turns::current() else {
        return;
    };
    turns.steps.borrow_mut().push_back(Box::new(step));
    if !turns.is_settling.get() {
        turns.inbox.wake_drivers();
    }
}

/// A call that a waker makes: at once on this thread, as a step of this thread from another.
///
/// It is made once at most, and not when this is dropped before.
pub(crate) struct Call {
    inbox: Arc<Inbox>,
    id: u64,
}

impl Call {
    /// None on a thread that ends.
    pub(crate) fn new(call: impl FnOnce() + 'static) -> Option<Self> {
        let turns = Turns::current()?;
        let id = turns.next_id();
        turns.calls.borrow_mut().insert(id, Box::new(call));
        Some(Self {
            inbox: Arc::clone(&turns.inbox),
            id,
        })
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::new(Bell {
            inbox: Arc::clone(&self.inbox),
            id: self.id,
            is_call: true,
        }))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // The call may own what is dropped with it, so the table must not be borrowed then.
        let turns = Turns::current();
        let call = turns.and_then(|turns| turns.calls.borrow_mut().remove(&self.id));
        drop(call);
    }
}

/// Runs a future of this thread beside the streams of this thread.
///
/// It begins at once, except on a thread that is ending, and goes on while somebody is in [`run`] or [`settle`].
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use synodic_streams::node;
///
/// let done = Rc::new(Cell::new(false));
/// let flag = Rc::clone(&done);
/// node::spawn(async move { flag.set(true) });
/// assert!(done.get());
/// ```
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    spawn_named(future);
}

/// The same; the task's number, 0 where there is none.
pub(crate) fn spawn_named(future: impl Future<Output = ()> + 'static) -> u64 {
    let Some(turns) = Turns::current() else {
        return 0;
    };
    let id = turns.next_id();
    let waker = Waker::from(Arc::new(Bell {
        inbox: Arc::clone(&turns.inbox),
        id,
        is_call: false,
    }));
    let task: Task = Box::pin(future);
    turns.tasks.borrow_mut().insert(id, (task, waker));
    turns.poll(id);
    id
}

/// Polls a task from within the current call, unless it is being polled.
pub(crate) fn poll_now(task: u64) {
    if let Some(turns) = Turns::current() {
        turns.poll(task);
    }
}

/// Makes a call after the current one, before the steps that were put off.
pub(crate) fn soon(call: Box<dyn FnOnce()>) {
    if let Some(turns) = Turns::current() {
        let id = turns.next_id();
        turns.calls.borrow_mut().insert(id, call);
        turns.inbox.push(id);
    }
}

/// Runs everything that the streams of this thread have put off, until nothing is left that could be
/// done now. No time passes.
///
/// For tests, and for a loop of one's own; elsewhere [`run`] does it.
pub fn settle() {
    if let Some(turns) = Turns::current() {
        turns.settle();
    }
}

/// Runs a future together with the streams of its thread, under any executor.
///
/// What streams put off is run whenever this is polled, so the objects of [`node`](super) make progress
/// while it is awaited. Several may be pending on one thread.
///
/// # Cancel safety
///
/// Dropping it drops the future; the streams stay as they are.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
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
/// let total = block_on(node::run(async {
///     let numbers = node::Readable::from_iter([1, 2, 3], Options::objects(16));
///     let mut items = numbers.items();
///     let mut total = 0;
///     while let Some(number) = items.next().await {
///         total += number.unwrap();
///     }
///     total
/// }));
/// assert_eq!(total, 6);
/// ```
pub fn run<F: Future>(future: F) -> Run<F> {
    Run {
        future: Box::pin(future),
    }
}

/// What [`run`] returns.
pub struct Run<F> {
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Run<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(turns) = Turns::current().filter(|turns| !turns.is_settling.get()) else {
            // Within another `run`, which does the rest.
            return self.future.as_mut().poll(cx);
        };
        loop {
            turns.settle();
            if let Poll::Ready(output) = self.future.as_mut().poll(cx) {
                turns.settle();
                return Poll::Ready(output);
            }
            let mut state = turns.inbox.state.lock();
            if state.woken.is_empty() && turns.steps.borrow().is_empty() {
                if !state
                    .drivers
                    .iter()
                    .any(|driver| driver.will_wake(cx.waker()))
                {
                    state.drivers.push(cx.waker().clone());
                }
                return Poll::Pending;
            }
        }
    }
}

impl<F> fmt::Debug for Run<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

/// Hands one value to one future of the same thread.
pub(crate) fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let slot = Rc::new(Slot {
        value: RefCell::new(None),
        waker: RefCell::new(None),
    });
    (Sender(Rc::clone(&slot)), Receiver(slot))
}

struct Slot<T> {
    value: RefCell<Option<T>>,
    waker: RefCell<Option<Waker>>,
}

pub(crate) struct Sender<T>(Rc<Slot<T>>);

impl<T> Sender<T> {
    pub(crate) fn send(self, value: T) {
        *self.0.value.borrow_mut() = Some(value);
        let waker = self.0.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

pub(crate) struct Receiver<T>(Rc<Slot<T>>);

impl<T> Future for Receiver<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        if let Some(value) = self.0.value.borrow_mut().take() {
            return Poll::Ready(value);
        }
        *self.0.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}
