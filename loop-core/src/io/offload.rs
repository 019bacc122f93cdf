//! Operations that run on blocking threads, and how their results come home.

use std::collections::VecDeque;

use synodic_sync::{Arc, Mutex};

use super::{CompletionSink, OpKey, Request};
use crate::blocking::BlockingJob;
use crate::sys::attempt::BlockingCall;
use crate::sys::{EventFd, RawResult};

/// The results that threads have left and the loop has not taken.
///
/// A result goes to the loop's mailbox, which fixes its place in the order of callbacks, and is
/// kept here as well until the loop has it: at shutdown nobody reads the mailbox any more.
pub(super) struct Board {
    state: Mutex<BoardState>,
    sink: Arc<dyn CompletionSink>,
    wake: Arc<EventFd>,
}

struct BoardState {
    closing: bool,
    results: Vec<(OpKey, RawResult)>,
}

impl Board {
    pub(super) fn new(sink: Arc<dyn CompletionSink>, wake: Arc<EventFd>) -> Arc<Self> {
        let state = Mutex::new(BoardState {
            closing: false,
            results: Vec::new(),
        });
        Arc::new(Self { state, sink, wake })
    }

    /// Takes the result of one operation. `false` when it was taken before.
    pub(super) fn take(&self, key: OpKey) -> bool {
        let mut state = self.state.lock();
        let found = state.results.iter().position(|(other, _)| *other == key);
        found
            .map(|position| state.results.swap_remove(position))
            .is_some()
    }

    /// From now on results come only by [`take_all`](Self::take_all), and ring the wake
    /// descriptor.
    pub(super) fn close(&self) {
        self.state.lock().closing = true;
    }

    /// Takes all results that are there.
    pub(super) fn take_all(&self) -> Vec<(OpKey, RawResult)> {
        std::mem::take(&mut self.state.lock().results)
    }

    fn report(&self, key: OpKey, result: RawResult) {
        let closing = {
            let mut state = self.state.lock();
            state.results.push((key, result));
            state.closing
        };
        if closing {
            self.wake.ring();
        } else {
            self.sink.complete(key, result);
        }
    }
}

/// Reports an operation's end exactly once, however its job ends.
struct Report {
    board: Arc<Board>,
    key: OpKey,
    result: RawResult,
}

impl Drop for Report {
    fn drop(&mut self) {
        self.board.report(self.key, self.result);
    }
}

/// Jobs that the executor has no room for yet.
#[derive(Default)]
pub(super) struct Backlog {
    jobs: VecDeque<(OpKey, BlockingJob)>,
}

impl Backlog {
    pub(super) fn push(&mut self, key: OpKey, job: BlockingJob) {
        self.jobs.push_back((key, job));
    }

    pub(super) fn push_front(&mut self, key: OpKey, job: BlockingJob) {
        self.jobs.push_front((key, job));
    }

    pub(super) fn pop(&mut self) -> Option<(OpKey, BlockingJob)> {
        self.jobs.pop_front()
    }

    /// Takes a job that has not left yet. Dropping it completes its operation as canceled.
    pub(super) fn remove(&mut self, key: OpKey) -> Option<BlockingJob> {
        let position = self.jobs.iter().position(|(other, _)| *other == key)?;
        self.jobs.remove(position).map(|(_, job)| job)
    }

    pub(super) fn take(&mut self) -> VecDeque<(OpKey, BlockingJob)> {
        std::mem::take(&mut self.jobs)
    }
}

/// The job that runs `request`.
///
/// # Safety
///
/// As for [`Driver::submit`](super::driver::Driver::submit), until the board has the result.
pub(super) unsafe fn request_job(board: &Arc<Board>, key: OpKey, request: &Request) -> BlockingJob {
    // SAFETY: this function's own contract.
    let call = unsafe { BlockingCall::new(request) };
    closure_job(board, key, move || call.run())
}

/// The job that runs `work` and reports what it returns.
pub(super) fn closure_job(
    board: &Arc<Board>,
    key: OpKey,
    work: impl FnOnce() -> RawResult + Send + 'static,
) -> BlockingJob {
    let report = Report {
        board: board.clone(),
        key,
        result: -libc::ECANCELED,
    };
    BlockingJob::new(move || {
        // Rebinding moves the whole value into the closure, so that dropping one drops the other.
        let mut report = report;
        report.result = work();
    })
}
