//! Operations that run on blocking threads, and how their results come home.

use std::collections::VecDeque;

use synodic_sync::Arc;

use super::{CompletionSink, OpKey, Request};
use crate::blocking::BlockingJob;
use crate::shared;
use crate::sys::attempt::BlockingCall;
use crate::sys::{EventFd, RawResult};

/// The [board](shared::board) of one loop, and the two ways to tell the loop.
pub(super) struct Board {
    results: shared::board::Board<OpKey, RawResult>,
    sink: Arc<dyn CompletionSink>,
    wake: Arc<EventFd>,
}

impl Board {
    pub(super) fn new(sink: Arc<dyn CompletionSink>, wake: Arc<EventFd>) -> Arc<Self> {
        Arc::new(Self {
            results: shared::board::Board::new(),
            sink,
            wake,
        })
    }

    /// Where the results are kept.
    pub(super) fn results(&self) -> &shared::board::Board<OpKey, RawResult> {
        &self.results
    }

    fn report(&self, key: OpKey, result: RawResult) {
        let mail = || self.sink.complete(key, result);
        self.results.report(key, result, mail, || self.wake.ring());
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
