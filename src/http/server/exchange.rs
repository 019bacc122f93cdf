//! Where a connection is in its exchange of requests and responses.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use synodic_loop::Handle;

use super::super::incoming::{BodyError, BodyOwner};
use super::limits::{Limits, limit};
use super::refusal::Refusal;

/// What a connection does now, since when. Times are the loop's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A head is on its way, or the first one is waited for.
    Head { since: Duration },
    /// A request was read; `since` its first byte.
    Request { since: Duration },
    /// The response was taken to its end; nothing of another request has come.
    Idle { since: Duration },
}

/// How far the body of the request in hand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestBody {
    /// It has not come to its end.
    Open,
    /// Nobody reads the rest of it.
    Abandoned,
    /// It has come to its end, or there was none.
    Done,
}

/// A time limit of a connection that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// The client took too long to send a request.
    Request,
    /// The client sent nothing after a response.
    KeepAlive,
    /// The client takes nothing of a response.
    Write,
}

/// One connection's progress, shared between its task, its handlers and their bodies.
#[derive(Debug)]
pub(super) struct Exchange {
    limits: Rc<Limits>,
    handle: Handle,
    phase: Cell<Phase>,
    /// How much had come when the connection was first seen idle.
    idle_at_bytes: Cell<Option<u64>>,
    /// While bytes wait to be sent: how many had been sent, and when that was new.
    stuck: Cell<Option<(u64, Duration)>>,
    body: Cell<RequestBody>,
    /// The response's head is hyper's.
    responding: Cell<bool>,
    refusal: Cell<Option<Refusal>>,
    requests: Cell<u64>,
    /// What wakes the connection's task.
    waker: RefCell<Waker>,
}

impl Exchange {
    pub(super) fn new(limits: Rc<Limits>) -> Self {
        let handle = Handle::current();
        let since = handle.now();
        Self {
            limits,
            handle,
            phase: Cell::new(Phase::Head { since }),
            idle_at_bytes: Cell::new(None),
            stuck: Cell::new(None),
            body: Cell::new(RequestBody::Done),
            responding: Cell::new(false),
            refusal: Cell::new(None),
            requests: Cell::new(0),
            waker: RefCell::new(Waker::noop().clone()),
        }
    }

    /// The loop's time.
    pub(super) fn now(&self) -> Duration {
        self.handle.now()
    }

    /// Notes who has to be woken.
    pub(super) fn set_waker(&self, waker: &Waker) {
        if !self.waker.borrow().will_wake(waker) {
            self.waker.replace(waker.clone());
        }
    }

    /// Wakes the connection's task.
    pub(super) fn wake(&self) {
        self.waker.borrow().wake_by_ref();
    }

    /// A request's head was read.
    pub(super) fn begin(&self, has_body: bool) {
        let since = match self.phase.get() {
            Phase::Head { since } => since,
            Phase::Request { .. } | Phase::Idle { .. } => self.handle.now(),
        };
        self.phase.set(Phase::Request { since });
        self.body.set(if has_body {
            RequestBody::Open
        } else {
            RequestBody::Done
        });
        self.responding.set(false);
        self.requests.set(self.requests.get() + 1);
    }

    /// Whether the request is the last one that the connection may make.
    pub(super) fn is_last(&self) -> bool {
        self.requests.get() == self.limits.max_requests_per_socket
    }

    /// The handler has answered.
    pub(super) fn respond(&self) {
        self.responding.set(true);
    }

    /// The response is hyper's, to its end or as far as it goes.
    pub(super) fn finish(&self) {
        let since = self.handle.now();
        self.phase.set(Phase::Idle { since });
        self.idle_at_bytes.set(None);
    }

    /// Refuses the request in hand, unless its response has begun.
    pub(super) fn refuse(&self, refusal: Refusal) {
        if !self.responding.get() && self.refusal.get().is_none() {
            self.refusal.set(Some(refusal));
            self.wake();
        }
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refusal.get()
    }

    /// Whether a request was read and not yet answered.
    pub(super) fn awaits_response(&self) -> bool {
        matches!(self.phase.get(), Phase::Request { .. }) && !self.responding.get()
    }

    /// Whether no request was read since the last response.
    pub(super) fn awaits_head(&self) -> bool {
        !matches!(self.phase.get(), Phase::Request { .. })
    }

    /// Whether the client may still be sending what nobody reads any more.
    pub(super) fn leaves_unread(&self) -> bool {
        self.body.get() != RequestBody::Done || self.refusal.get().is_some()
    }

    /// Looks at what was received and sent since the last look.
    pub(super) fn observe(&self, received_bytes: u64, stuck_at: Option<u64>) {
        let now = self.handle.now();
        self.stuck.set(stuck_at.map(|bytes| match self.stuck.get() {
            Some((before, since)) if before == bytes => (bytes, since),
            _ => (bytes, now),
        }));
        let Phase::Idle { .. } = self.phase.get() else {
            return;
        };
        let idle_at_bytes = self.idle_at_bytes.get().unwrap_or(received_bytes);
        self.idle_at_bytes.set(Some(idle_at_bytes));
        if received_bytes > idle_at_bytes {
            self.phase.set(Phase::Head { since: now });
        } else if stuck_at.is_some() {
            // The pause between two requests begins when the response is out.
            self.phase.set(Phase::Idle { since: now });
        }
    }

    /// The next time limit, if there is one: when, and which.
    fn deadline(&self) -> Option<(Duration, Expired)> {
        let at = |since: Duration, length, what| Some((since.checked_add(limit(length)?)?, what));
        let limits = &self.limits;
        let reading = match self.phase.get() {
            Phase::Head { since } => earlier(
                at(since, limits.headers_timeout, Expired::Request),
                at(since, limits.request_timeout, Expired::Request),
            ),
            Phase::Request { since } if self.body.get() == RequestBody::Open => {
                at(since, limits.request_timeout, Expired::Request)
            }
            Phase::Request { .. } => None,
            Phase::Idle { since } => at(since, limits.keep_alive_timeout, Expired::KeepAlive),
        };
        let stuck = self.stuck.get();
        let writing = stuck.and_then(|(_, since)| at(since, limits.write_timeout, Expired::Write));
        earlier(reading, writing)
    }

    /// The limit that has passed, or the time at which the next one does.
    pub(super) fn expired(&self) -> Result<Expired, Option<Duration>> {
        match self.deadline() {
            None => Err(None),
            Some((at, what)) if at <= self.handle.now() => Ok(what),
            Some((at, _)) => Err(Some(at)),
        }
    }
}

/// The limit that passes first, of those that there are.
fn earlier(
    one: Option<(Duration, Expired)>,
    other: Option<(Duration, Expired)>,
) -> Option<(Duration, Expired)> {
    match (one, other) {
        (Some(one), Some(other)) if other.0 < one.0 => Some(other),
        (None, other) => other,
        (one, _) => one,
    }
}

impl BodyOwner for Exchange {
    fn ended(&self) {
        self.body.set(RequestBody::Done);
    }

    fn failed(&self, error: &BodyError) {
        self.body.set(RequestBody::Abandoned);
        if let Some(refusal) = Refusal::of_body(error) {
            self.refuse(refusal);
        }
    }

    fn abandoned(&self) {
        self.body.set(RequestBody::Abandoned);
    }
}

#[cfg(test)]
mod tests {
    use synodic_loop::{EventLoop, VirtualClock};

    use super::*;

    /// The limits below, in seconds.
    const HEADERS: u64 = 60;
    const REQUEST: u64 = 300;
    const KEEP_ALIVE: u64 = 5;
    const WRITE: u64 = 60;

    /// Runs `test` with an exchange, and a function that lets seconds pass.
    fn with_exchange(test: impl FnOnce(&Exchange, &dyn Fn(u64)) + 'static) {
        let clock = VirtualClock::new();
        let builder = EventLoop::builder().virtual_clock(clock.clone());
        let mut event_loop = builder.build().unwrap();
        let done = event_loop.block_on(async move {
            let pass = |seconds| {
                clock.advance(Duration::from_secs(seconds));
                Handle::current().update_time();
            };
            test(&Exchange::new(Rc::new(Limits::default())), &pass);
        });
        done.unwrap();
    }

    /// What an exchange says whose next limit passes in so many seconds.
    fn left(seconds: u64) -> Result<Expired, Option<Duration>> {
        let now = Handle::current().now();
        Err(Some(now + Duration::from_secs(seconds)))
    }

    #[test]
    fn a_head_has_its_time_from_the_start() {
        with_exchange(|exchange, pass| {
            assert_eq!(exchange.expired(), left(HEADERS));
            pass(HEADERS - 1);
            // What comes meanwhile does not prolong it.
            exchange.observe(10, None);
            assert_eq!(exchange.expired(), left(1));
            pass(1);
            assert_eq!(exchange.expired(), Ok(Expired::Request));
            assert!(exchange.awaits_head() && !exchange.awaits_response());
        });
    }

    #[test]
    fn a_request_has_its_time_from_its_first_byte_until_its_body_ends() {
        with_exchange(|exchange, pass| {
            pass(10);
            exchange.begin(true);
            assert_eq!(exchange.expired(), left(REQUEST - 10));
            assert!(exchange.awaits_response() && exchange.leaves_unread());
            BodyOwner::ended(exchange);
            // A handler may take as long as it likes.
            assert_eq!(exchange.expired(), Err(None));
            assert!(!exchange.leaves_unread());
        });
    }

    #[test]
    fn a_limit_of_zero_or_beyond_all_time_is_none() {
        let mut event_loop = EventLoop::new().unwrap();
        let done = event_loop.block_on(async {
            for limit in [Duration::ZERO, Duration::MAX] {
                let exchange = Exchange::new(Rc::new(Limits {
                    headers_timeout: limit,
                    keep_alive_timeout: limit,
                    request_timeout: limit,
                    write_timeout: limit,
                    ..Limits::default()
                }));
                assert_eq!(exchange.deadline(), None);
                exchange.begin(true);
                exchange.observe(10, Some(0));
                assert_eq!(exchange.deadline(), None);
                exchange.finish();
                assert_eq!(exchange.deadline(), None);
            }
        });
        done.unwrap();
    }

    #[test]
    fn a_body_that_nobody_reads_has_no_limit() {
        with_exchange(|exchange, _| {
            exchange.begin(true);
            exchange.abandoned();
            assert_eq!(exchange.expired(), Err(None));
            assert!(exchange.leaves_unread());
        });
    }

    #[test]
    fn the_pause_between_two_requests_begins_when_the_response_is_out() {
        with_exchange(|exchange, pass| {
            exchange.begin(false);
            exchange.respond();
            exchange.finish();
            exchange.observe(10, Some(0));
            pass(KEEP_ALIVE - 1);
            exchange.observe(10, Some(1));
            exchange.observe(10, None);
            assert_eq!(exchange.expired(), left(KEEP_ALIVE));
            pass(KEEP_ALIVE);
            assert_eq!(exchange.expired(), Ok(Expired::KeepAlive));
            // The first byte of another request comes just in time.
            exchange.observe(11, None);
            assert_eq!(exchange.expired(), left(HEADERS));
        });
    }

    #[test]
    fn a_client_that_takes_something_now_and_then_goes_on() {
        with_exchange(|exchange, pass| {
            exchange.begin(false);
            exchange.respond();
            for sent in 0..10 {
                exchange.observe(10, Some(sent));
                assert_eq!(exchange.expired(), left(WRITE));
                pass(WRITE - 1);
                exchange.observe(10, Some(sent));
                assert_eq!(exchange.expired(), left(1));
            }
            pass(1);
            assert_eq!(exchange.expired(), Ok(Expired::Write));
        });
    }

    #[test]
    fn nothing_is_refused_once_the_response_has_begun() {
        with_exchange(|exchange, _| {
            exchange.begin(true);
            exchange.respond();
            exchange.failed(&BodyError::Incomplete);
            assert_eq!(exchange.refusal(), None);
            exchange.begin(true);
            exchange.failed(&BodyError::Incomplete);
            exchange.refuse(Refusal::TooLarge);
            assert_eq!(exchange.refusal(), Some(Refusal::BadRequest));
        });
    }
}
