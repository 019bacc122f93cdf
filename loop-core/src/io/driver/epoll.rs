//! The epoll driver: tries each operation at once, and again when its descriptor is ready.
//!
//! A descriptor is registered once, edge-triggered, when the first operation on it has to wait.
//! An operation never completes inside `submit`. A result that is there already then waits for the
//! phase that is its own: what goes out for the pending phase, as in libuv, and what comes in for
//! the poll phase.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use synodic_buffers::BlockPool;
use synodic_sync::Arc;

use super::lanes::{Pending, Tried};
use super::{BATCH_MAX, Completion, Wait};
use crate::io::{OpKey, Request, Side};
use crate::sys::EventFd;
use crate::sys::epoll::Epoll;

const READ_EVENTS: u32 = (libc::EPOLLIN | libc::EPOLLPRI) as u32;
const WRITE_EVENTS: u32 = libc::EPOLLOUT as u32;
/// After one of these, reads return at once for ever: end of stream, or the error.
const CLOSED_EVENTS: u32 = (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32;

/// The most descriptors that one wait reports. Few enough that a connection is still in the
/// processor's cache when the answer to what it received is sent; a system call for each 32
/// events costs a hundredth of what they cost.
const EVENTS_MAX: usize = 32;

/// The token of the wake descriptor; no descriptor number is as large.
const WAKE_TOKEN: u64 = u64::MAX;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct EpollDriver {
    epoll: Epoll,
    /// By descriptor number, which the kernel keeps small.
    descriptors: Vec<Descriptor>,
    /// Results for the next pending phase.
    known: VecDeque<Completion>,
    /// Results for the next poll phase.
    ready: VecDeque<Completion>,
    /// Descriptors whose multishot operations stopped at their share of the last turn.
    unfinished: Vec<RawFd>,
    pool: Rc<BlockPool>,
    /// The wake descriptor is registered for as long as the driver lives.
    _wake: Arc<EventFd>,
    /// Whether the last turn went without a look for events.
    skipped: bool,
    system_calls: u64,
}

/// What waits on one descriptor, and what is known of its readiness.
#[derive(Debug)]
struct Descriptor {
    registered: bool,
    /// `true` also means "not known": then a try tells.
    read_ready: bool,
    write_ready: bool,
    /// Reads never block again.
    closed: bool,
    read: VecDeque<Pending>,
    write: VecDeque<Pending>,
    poll: VecDeque<Pending>,
}

impl Default for Descriptor {
    fn default() -> Self {
        Self {
            registered: false,
            read_ready: true,
            write_ready: true,
            closed: false,
            read: VecDeque::new(),
            write: VecDeque::new(),
            poll: VecDeque::new(),
        }
    }
}

impl EpollDriver {
    pub(crate) fn open(wake: Arc<EventFd>, pool: Rc<BlockPool>) -> io::Result<Self> {
        let epoll = Epoll::new(EVENTS_MAX)?;
        epoll.add(wake.as_raw_fd(), WAKE_TOKEN)?;
        Ok(Self {
            epoll,
            descriptors: Vec::new(),
            known: VecDeque::new(),
            ready: VecDeque::new(),
            unfinished: Vec::new(),
            pool,
            _wake: wake,
            skipped: false,
            system_calls: 0,
        })
    }

    /// # Safety
    ///
    /// As for [`Driver::submit`](super::Driver::submit).
    pub(crate) unsafe fn submit(&mut self, key: OpKey, request: &Request) {
        // SAFETY: this function's own contract.
        let mut pending = unsafe { Pending::new(key, request) };
        let Some((fd, side)) = request.waits_for() else {
            pending.run(&self.pool, &mut self.known, &mut false);
            return;
        };
        let found = self.ready.len();
        let descriptor = descriptor(&mut self.descriptors, fd);
        // Polls are independent of each other; anything else waits for its turn.
        if side == Side::Poll {
            if pending.run(&self.pool, &mut self.ready, &mut false) != Tried::Finished {
                descriptor.poll.push_back(pending);
            }
        } else {
            let lane = descriptor.lane(side);
            lane.push_back(pending);
            if lane.len() == 1 && descriptor.may_try(side) {
                self.run_lane(fd, side);
            }
        }
        self.register_if_waiting(fd);
        if side == Side::Write {
            self.known.extend(self.ready.drain(found..));
        }
    }

    pub(crate) fn cancel(&mut self, key: OpKey, request: &Request) {
        let Some((fd, side)) = request.waits_for() else {
            return;
        };
        let lane = descriptor(&mut self.descriptors, fd).lane(side);
        if let Some(position) = lane.iter().position(|pending| pending.key() == key) {
            lane.remove(position);
            // Behind the results that the operation has had.
            let results = match side {
                Side::Write => &mut self.known,
                Side::Read | Side::Poll => &mut self.ready,
            };
            results.push_back(Completion::last(key, -libc::ECANCELED));
        }
    }

    pub(crate) fn has_work(&self) -> bool {
        self.has_results() || !self.unfinished.is_empty()
    }

    fn has_results(&self) -> bool {
        !self.known.is_empty() || !self.ready.is_empty()
    }

    pub(crate) fn take_known(&mut self, batch: &mut VecDeque<Completion>) {
        batch.append(&mut self.known);
    }

    pub(crate) fn wait(&mut self, wait: Wait, batch: &mut VecDeque<Completion>) -> io::Result<()> {
        for fd in std::mem::take(&mut self.unfinished) {
            self.run_lane(fd, Side::Read);
        }
        if self.may_skip() {
            batch.extend(self.ready.drain(..));
            return Ok(());
        }
        let wait = if self.has_work() { Wait::Now } else { wait };
        self.system_calls += 1;
        for index in 0..self.epoll.wait(wait.deadline())? {
            let (token, bits) = self.epoll.event(index);
            // A write to the wake descriptor is an edge each time, so nothing has to read it.
            if let Ok(fd) = RawFd::try_from(token) {
                self.dispatch(fd, bits);
            }
        }
        let room = BATCH_MAX.saturating_sub(batch.len()).min(self.ready.len());
        batch.extend(self.ready.drain(..room));
        Ok(())
    }

    pub(crate) fn forget(&mut self, fd: RawFd) {
        let Some(descriptor) = usize::try_from(fd)
            .ok()
            .and_then(|fd| self.descriptors.get_mut(fd))
        else {
            return;
        };
        let old = std::mem::take(descriptor);
        debug_assert!(old.is_idle(), "an operation keeps its descriptor open");
        if old.registered {
            self.epoll.remove(fd);
        }
    }

    pub(crate) fn backend_fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    pub(crate) fn system_calls(&self) -> u64 {
        self.system_calls
    }

    /// Whether a turn can do without looking for events, because there are results. Their
    /// callbacks make the next look worth more; every other turn looks whatever there is.
    fn may_skip(&mut self) -> bool {
        let may = !self.skipped && self.has_results() && self.ready.len() <= BATCH_MAX;
        self.skipped = may;
        may
    }

    /// Notes what an event says and runs what waited for it.
    fn dispatch(&mut self, fd: RawFd, bits: u32) {
        let descriptor = descriptor(&mut self.descriptors, fd);
        let closed = bits & CLOSED_EVENTS != 0;
        descriptor.closed |= closed;
        if closed || bits & READ_EVENTS != 0 {
            descriptor.read_ready = true;
            self.run_lane(fd, Side::Read);
        }
        if closed || bits & WRITE_EVENTS != 0 {
            self.descriptors[fd as usize].write_ready = true;
            self.run_lane(fd, Side::Write);
        }
        self.run_lane(fd, Side::Poll);
    }

    /// Runs the operations that wait on one side of `fd`, in order, until one has to wait on.
    fn run_lane(&mut self, fd: RawFd, side: Side) {
        let descriptor = descriptor(&mut self.descriptors, fd);
        let mut lane = std::mem::take(descriptor.lane(side));
        let (pool, ready) = (&self.pool, &mut self.ready);
        if side == Side::Poll {
            lane.retain_mut(|pending| pending.run(pool, ready, &mut false) != Tried::Finished);
        }
        while side != Side::Poll
            && let Some(pending) = lane.front_mut()
        {
            let mut drained = false;
            let tried = pending.run(pool, ready, &mut drained);
            // A short read means that the next byte makes an edge. The end of the stream, when it
            // was reported before, makes none: then only a further read shows it.
            let drained = drained && !descriptor.closed;
            match tried {
                Tried::Finished => {
                    lane.pop_front();
                    if drained {
                        descriptor.blocked(side);
                        break;
                    }
                }
                Tried::Drained if !drained => {}
                Tried::Waits | Tried::Drained => {
                    descriptor.blocked(side);
                    break;
                }
                Tried::Goes => {
                    self.unfinished.push(fd);
                    break;
                }
            }
        }
        *descriptor.lane(side) = lane;
    }

    /// Registers `fd` once something waits on it. The kernel then reports what is there already.
    fn register_if_waiting(&mut self, fd: RawFd) {
        let descriptor = descriptor(&mut self.descriptors, fd);
        if descriptor.registered || descriptor.is_idle() {
            return;
        }
        match self.epoll.add(
            fd,
            u64::try_from(fd).expect("operations hold open descriptors"),
        ) {
            Ok(()) => descriptor.registered = true,
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::EIO);
                for pending in descriptor.take_all() {
                    self.ready
                        .push_back(Completion::last(pending.key(), -errno));
                }
            }
        }
    }
}

impl Descriptor {
    fn lane(&mut self, side: Side) -> &mut VecDeque<Pending> {
        match side {
            Side::Read => &mut self.read,
            Side::Write => &mut self.write,
            Side::Poll => &mut self.poll,
        }
    }

    /// Whether a try on `side` may succeed. Polls look for themselves.
    fn may_try(&self, side: Side) -> bool {
        match side {
            Side::Read => self.read_ready,
            Side::Write => self.write_ready,
            Side::Poll => true,
        }
    }

    /// Notes that `side` has nothing more until its next edge. Before registration there are no
    /// edges, and a closed descriptor has had its last.
    fn blocked(&mut self, side: Side) {
        if !self.registered {
            return;
        }
        match side {
            Side::Read => self.read_ready = self.closed,
            Side::Write => self.write_ready = false,
            Side::Poll => {}
        }
    }

    fn is_idle(&self) -> bool {
        self.read.is_empty() && self.write.is_empty() && self.poll.is_empty()
    }

    fn take_all(&mut self) -> impl Iterator<Item = Pending> {
        let lanes = [&mut self.read, &mut self.write, &mut self.poll];
        lanes.into_iter().flat_map(std::mem::take)
    }
}

/// The state of `fd`, made on first use.
fn descriptor(descriptors: &mut Vec<Descriptor>, fd: RawFd) -> &mut Descriptor {
    let index = usize::try_from(fd).expect("operations hold open descriptors");
    if descriptors.len() <= index {
        descriptors.resize_with(index + 1, Descriptor::default);
    }
    &mut descriptors[index]
}
