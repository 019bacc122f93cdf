//! Operations that wait for readiness, tried one after the other.

use std::collections::VecDeque;

use synodic_buffers::BlockPool;

use super::Completion;
use crate::io::{OpKey, Request};
use crate::sys::attempt::{self, Attempt};

/// The most results that one multishot operation yields in one turn (libuv's bound on reads).
const MULTISHOT_RESULTS_MAX: usize = 32;

/// An operation that a driver holds and has not completed.
#[derive(Debug)]
pub(super) struct Pending {
    key: OpKey,
    request: Request,
    /// Whether it was tried before and would have blocked.
    tried: bool,
}

/// How a try ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// The operation is over.
    Finished,
    /// It waits for the descriptor's next event.
    Waits,
    /// It received less than there was room for: as if it waited, while the stream is open.
    Drained,
    /// It yielded its share of results for one turn, and there may be more at once.
    Goes,
}

impl Pending {
    /// # Safety
    ///
    /// As for [`Driver::submit`](super::Driver::submit); the value stands for the submission.
    pub(super) unsafe fn new(key: OpKey, request: &Request) -> Self {
        Self {
            key,
            request: *request,
            tried: false,
        }
    }

    pub(super) fn key(&self) -> OpKey {
        self.key
    }

    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    /// Tries the operation and appends what it yields.
    ///
    /// `drained` is set when a receive came back short: the descriptor has no more for now.
    pub(super) fn run(
        &mut self,
        pool: &BlockPool,
        out: &mut VecDeque<Completion>,
        drained: &mut bool,
    ) -> Tried {
        match self.request {
            Request::RecvMulti { .. } => self.receive(pool, out, drained),
            Request::AcceptMulti { .. } => self.accept(out),
            Request::PollMulti { .. } => match self.attempt() {
                Attempt::Done(result) if result >= 0 => {
                    out.push_back(Completion {
                        key: self.key,
                        result,
                        more: true,
                        block: None,
                    });
                    Tried::Waits
                }
                Attempt::Done(error) => self.finish(error, out),
                Attempt::WouldBlock => Tried::Waits,
            },
            _ => match self.attempt() {
                Attempt::Done(result) => {
                    if let Request::Recv { len, .. } = self.request {
                        *drained = result > 0 && result.cast_unsigned() < len;
                    }
                    self.finish(result, out)
                }
                Attempt::WouldBlock => Tried::Waits,
            },
        }
    }

    fn attempt(&mut self) -> Attempt {
        // SAFETY: `new` was promised valid pointers until the last completion, which this value
        // has not yielded yet; it is tried on one thread only.
        let attempt = unsafe { attempt::attempt(&self.request, self.tried) };
        self.tried = true;
        attempt
    }

    fn accept(&mut self, out: &mut VecDeque<Completion>) -> Tried {
        for _ in 0..MULTISHOT_RESULTS_MAX {
            match self.attempt() {
                Attempt::Done(result) if result >= 0 => {
                    out.push_back(Completion {
                        key: self.key,
                        result,
                        more: true,
                        block: None,
                    });
                }
                Attempt::Done(error) => return self.finish(error, out),
                Attempt::WouldBlock => return Tried::Waits,
            }
        }
        Tried::Goes
    }

    fn receive(
        &mut self,
        pool: &BlockPool,
        out: &mut VecDeque<Completion>,
        drained: &mut bool,
    ) -> Tried {
        let Request::RecvMulti { fd } = self.request else {
            unreachable!("checked by the caller")
        };
        for _ in 0..MULTISHOT_RESULTS_MAX {
            let mut block = pool.block();
            let capacity = block.capacity();
            match attempt::recv_into(fd, &mut block) {
                Attempt::Done(result) if result > 0 => {
                    let (key, block) = (self.key, Some(block));
                    out.push_back(Completion {
                        key,
                        result,
                        more: true,
                        block,
                    });
                    if (result.cast_unsigned() as usize) < capacity {
                        *drained = true;
                        return Tried::Drained;
                    }
                }
                Attempt::Done(end) => return self.finish(end, out),
                Attempt::WouldBlock => return Tried::Waits,
            }
        }
        Tried::Goes
    }

    fn finish(&self, result: i32, out: &mut VecDeque<Completion>) -> Tried {
        out.push_back(Completion::last(self.key, result));
        Tried::Finished
    }
}
