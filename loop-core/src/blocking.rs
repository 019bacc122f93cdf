//! Work that may block a thread: the door through which it leaves the loop.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use synodic_sync::{Arc, Condvar, Mutex, thread};

/// The most threads that [`DefaultExecutor`] runs (libuv's default pool has as many).
pub const DEFAULT_EXECUTOR_THREADS_MAX: usize = 4;

/// The most jobs that wait in [`DefaultExecutor`]'s queue before it hands the next one back.
pub const DEFAULT_EXECUTOR_QUEUE_MAX: usize = 1024;

/// How long an idle thread of [`DefaultExecutor`] stays.
const IDLE_THREAD_STAYS: Duration = Duration::from_secs(10);

/// One piece of blocking work.
///
/// It reports its own end to the loop that made it. Dropping it without running it is an end too:
/// the operation then completes as canceled.
#[must_use = "a job that is dropped completes as canceled"]
pub struct BlockingJob {
    work: Box<dyn FnOnce() + Send>,
}

impl BlockingJob {
    pub(crate) fn new(work: impl FnOnce() + Send + 'static) -> Self {
        Self {
            work: Box::new(work),
        }
    }

    /// Does the work, on the calling thread.
    pub fn run(self) {
        (self.work)();
    }
}

impl fmt::Debug for BlockingJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingJob").finish_non_exhaustive()
    }
}

/// Somebody with threads to spare.
///
/// The loop gives it what could block: file operations on epoll, directory listings, closures of
/// the caller. A job must be run on another thread than the loop's, or dropped; forgetting one
/// leaves its operation, and the memory it uses, in flight for ever.
///
/// # Examples
///
/// ```
/// use synodic_loop::{BlockingExecutor, BlockingJob};
///
/// /// A thread for each job: simple, and rarely wise.
/// struct Eager;
///
/// impl BlockingExecutor for Eager {
///     fn execute(&self, job: BlockingJob) -> Result<(), BlockingJob> {
///         std::thread::spawn(move || job.run());
///         Ok(())
///     }
/// }
/// ```
pub trait BlockingExecutor: Send + Sync + 'static {
    /// Takes a job to run soon.
    ///
    /// # Errors
    ///
    /// The job itself, when there is no room for it. The loop keeps it and tries again.
    fn execute(&self, job: BlockingJob) -> Result<(), BlockingJob>;
}

/// A few threads, started on demand, and one bounded queue.
///
/// # Examples
///
/// ```
/// let executor = synodic_loop::DefaultExecutor::new();
/// # let _ = executor;
/// ```
pub struct DefaultExecutor {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    work_came: Condvar,
}

struct State {
    queue: VecDeque<BlockingJob>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl DefaultExecutor {
    /// An executor without threads yet.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            queue: VecDeque::new(),
            threads: 0,
            idle: 0,
            closed: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                work_came: Condvar::new(),
            }),
        }
    }
}

impl Default for DefaultExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl BlockingExecutor for DefaultExecutor {
    fn execute(&self, job: BlockingJob) -> Result<(), BlockingJob> {
        let mut state = self.shared.state.lock();
        if state.queue.len() >= DEFAULT_EXECUTOR_QUEUE_MAX {
            return Err(job);
        }
        state.queue.push_back(job);
        // More jobs than idle threads: each idle one takes only the first of them.
        if state.queue.len() <= state.idle || state.threads == DEFAULT_EXECUTOR_THREADS_MAX {
            drop(state);
            self.shared.work_came.notify_one();
            return Ok(());
        }
        let shared = self.shared.clone();
        let started = thread::Builder::new()
            .name("synodic-blocking".into())
            .spawn(move || work(&shared));
        match started {
            Ok(_) => state.threads += 1,
            // With no thread at all nobody would ever take the job.
            Err(_) if state.threads == 0 => {
                return Err(state.queue.pop_back().expect("the job was pushed above"));
            }
            Err(_) => {}
        }
        Ok(())
    }
}

impl Drop for DefaultExecutor {
    /// Lets the threads finish what is queued. Does not wait for them.
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.work_came.notify_all();
    }
}

impl fmt::Debug for DefaultExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DefaultExecutor").finish_non_exhaustive()
    }
}

/// What a thread does until it has been idle for long.
fn work(shared: &Shared) {
    let mut state = shared.state.lock();
    loop {
        if let Some(job) = state.queue.pop_front() {
            drop(state);
            // A job catches the panics of callers' closures itself; whatever else unwinds must
            // not take the thread's place in the count with it.
            let _ = catch_unwind(AssertUnwindSafe(|| job.run()));
            state = shared.state.lock();
            continue;
        }
        if state.closed {
            break;
        }
        state.idle += 1;
        let (guard, waited) = shared.work_came.wait_timeout(state, IDLE_THREAD_STAYS);
        state = guard;
        state.idle -= 1;
        if waited.timed_out() && state.queue.is_empty() {
            break;
        }
    }
    state.threads -= 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn every_job_runs_once_and_a_panic_stops_nothing() {
        let executor = DefaultExecutor::new();
        let (sender, receiver) = mpsc::channel();
        for number in 0..100 {
            let sender = sender.clone();
            let job = BlockingJob::new(move || {
                sender.send(number).expect("the test waits for all");
                assert!(number % 10 != 0, "a panic that the executor survives");
            });
            executor
                .execute(job)
                .expect("the queue has room for a hundred");
        }
        drop(sender);
        let mut seen: Vec<i32> = receiver.iter().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    }
}
