//! One connection, for as long as its task exists.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use hyper::rt::Write as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use synodic_loop::net::TcpStream;
use synodic_loop::{Sleep, timeout};

use super::exchange::{Exchange, Expired};
use super::into_response::{IntoResponse, response_of};
use super::limits::{Limits, limit};
use super::refusal::{Refusal, close_after};
use super::serving::{Registered, Shared, Stage};
use crate::http::body::Body;
use crate::http::incoming::Incoming;
use crate::http::io::Wire;

/// How long a connection that ends on a refusal still takes what its client sends: closing at once
/// could reset the connection before the client has read the answer.
const LINGER: Duration = Duration::from_secs(2);

/// How much of it is taken, in bytes.
const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// What one server's connections have in common.
pub(super) struct Site<H> {
    pub(super) handler: H,
    pub(super) limits: Rc<Limits>,
    pub(super) protocol: http1::Builder,
    pub(super) shared: Rc<Shared>,
}

/// How HTTP over a connection ended.
enum End {
    /// In order, or after an answer that hyper gave to something malformed.
    Done,
    /// With a request that was not answered.
    Refused(Refusal),
    /// The connection is of no more use.
    Broken,
}

pub(super) struct Connection {
    exchange: Rc<Exchange>,
    shared: Rc<Shared>,
    wire: Wire,
    timer: Option<Timer>,
    _registered: Registered,
}

/// Wakes the task when a limit may have passed. It is left armed when the limit moves on: then it
/// finds that it is early, which is cheaper than arming it anew for each request.
struct Timer {
    sleep: Sleep,
    /// When it fires, by the loop's time.
    at: Duration,
}

impl Connection {
    pub(super) fn open<H>(site: &Site<H>, stream: TcpStream) -> Self {
        // A client that does not get its small answers at once is slower, and still served.
        let _ = stream.set_nodelay(true);
        let exchange = Rc::new(Exchange::new(site.limits.clone()));
        Self {
            _registered: site.shared.open(exchange.clone()),
            shared: site.shared.clone(),
            wire: Wire::new(stream),
            timer: None,
            exchange,
        }
    }

    /// Answers requests until the connection ends.
    pub(super) async fn run<H, F>(mut self, site: Rc<Site<H>>)
    where
        H: Fn(Request<Incoming>) -> F,
        F: Future<Output: IntoResponse>,
    {
        let end = self.speak(&site).await;
        self.conclude(end).await;
    }

    /// Speaks HTTP until that ends, or something ends it.
    async fn speak<H, F>(&mut self, site: &Site<H>) -> End
    where
        H: Fn(Request<Incoming>) -> F,
        F: Future<Output: IntoResponse>,
    {
        let service = service_fn(|request| {
            let exchange = self.exchange.clone();
            answer(site, exchange, request)
        });
        let mut http = pin!(site.protocol.serve_connection(self.wire.clone(), service));
        let (exchange, shared, wire) = (self.exchange.clone(), &self.shared, &self.wire);
        let timer = &mut self.timer;
        let mut closing = false;
        poll_fn(|cx| {
            exchange.set_waker(cx.waker());
            loop {
                match shared.stage() {
                    Stage::Closing if !closing => {
                        closing = true;
                        http.as_mut().graceful_shutdown();
                    }
                    Stage::Aborted => return Poll::Ready(End::Broken),
                    Stage::Open | Stage::Closing => {}
                }
                wire.begin_turn();
                if let Poll::Ready(result) = http.as_mut().poll(cx) {
                    return Poll::Ready(ended(&exchange, result));
                }
                if wire.poll_failure(cx).is_ready() {
                    return Poll::Ready(End::Broken);
                }
                exchange.observe(wire.received_bytes(), wire.stuck_at());
                let expired = ready!(poll_expired(timer, &exchange, cx));
                if let Some(end) = give_up(&exchange, wire, expired) {
                    return Poll::Ready(end);
                }
            }
        })
        .await
    }

    /// Says the last word, and lets the client hear it.
    async fn conclude(&mut self, end: End) {
        match end {
            End::Broken => return,
            End::Done if !self.exchange.leaves_unread() => return,
            End::Done => {}
            End::Refused(refusal) => {
                let sent = timeout(LINGER, self.send(refusal.bytes())).await;
                if !matches!(sent, Ok(Ok(()))) {
                    return;
                }
            }
        }
        // Whatever comes of it, the connection is closed then.
        let _ = timeout(LINGER, self.discard()).await;
    }

    async fn send(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let mut rest = &bytes[..];
        poll_fn(|cx| {
            while !rest.is_empty() {
                let taken = ready!(Pin::new(&mut self.wire).poll_write(cx, rest))?;
                rest = &rest[taken..];
            }
            Pin::new(&mut self.wire).poll_shutdown(cx)
        })
        .await
    }

    /// Takes what the client still sends.
    async fn discard(&self) -> io::Result<()> {
        let mut left = LINGER_BYTES_MAX;
        poll_fn(|cx| {
            self.exchange.set_waker(cx.waker());
            while left > 0 && self.shared.stage() != Stage::Aborted {
                match ready!(self.wire.poll_discard(cx))? {
                    0 => break,
                    count => left = left.saturating_sub(count),
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }
}

/// What hyper's end means.
fn ended(exchange: &Exchange, result: hyper::Result<()>) -> End {
    match result {
        Ok(()) => End::Done,
        // Hyper answers what it cannot parse, except for these.
        Err(error) if error.is_parse_version_h2() => End::Refused(Refusal::BadRequest),
        Err(error) if error.is_incomplete_message() && exchange.awaits_head() => {
            End::Refused(Refusal::BadRequest)
        }
        Err(error) if error.is_parse() => {
            exchange.refuse(Refusal::BadRequest);
            End::Done
        }
        Err(_) => End::Broken,
    }
}

/// What a passed limit means: the end, or else a refusal that hyper is going to write.
fn give_up(exchange: &Exchange, wire: &Wire, expired: Expired) -> Option<End> {
    match expired {
        Expired::KeepAlive => Some(End::Broken),
        // It was refused, and behind a response that is stuck the refusal cannot be written.
        Expired::Request if exchange.refusal().is_some() => Some(End::Broken),
        Expired::Request if exchange.awaits_response() => {
            exchange.refuse(Refusal::TimedOut);
            None
        }
        // Behind a response that is stuck, no other can be sent.
        Expired::Request if exchange.awaits_head() && wire.stuck_at().is_none() => {
            Some(End::Refused(Refusal::TimedOut))
        }
        Expired::Request | Expired::Write => Some(End::Broken),
    }
}

/// Ready when a limit has passed.
fn poll_expired(
    timer: &mut Option<Timer>,
    exchange: &Exchange,
    cx: &mut Context<'_>,
) -> Poll<Expired> {
    loop {
        let at = match exchange.expired() {
            Ok(expired) => return Poll::Ready(expired),
            Err(None) => return Poll::Pending,
            Err(Some(at)) => at,
        };
        let armed = match timer {
            Some(armed) if armed.at <= at => armed,
            _ => timer.insert(Timer {
                sleep: synodic_loop::sleep(at - exchange.now()),
                at,
            }),
        };
        ready!(Pin::new(&mut armed.sleep).poll(cx));
        *timer = None;
    }
}

/// Lets the handler answer, or answers in its place.
fn answer<H, F>(
    site: &Site<H>,
    exchange: Rc<Exchange>,
    request: Request<hyper::body::Incoming>,
) -> impl Future<Output = Result<Response<Counted>, Infallible>> + use<H, F>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output: IntoResponse>,
{
    let limits = &site.limits;
    exchange.begin(!request.body().is_end_stream());
    let refusal = Refusal::of_head(&request);
    let is_too_large = request.body().size_hint().lower() > limits.max_body_size;
    let is_head = request.method() == Method::HEAD;
    let request = request.map(|body| {
        let timeout = limit(limits.body_timeout);
        Incoming::new(body, limits.max_body_size, timeout, exchange.clone())
    });
    let handled = match refusal.or(is_too_large.then_some(Refusal::TooLarge)) {
        Some(refusal) => {
            exchange.refuse(refusal);
            None
        }
        None => {
            site.shared.count(|counts| counts.read += 1);
            Some((site.handler)(request))
        }
    };
    let shared = handled.is_some().then(|| site.shared.clone());
    async move {
        let mut handled = pin!(handled);
        let mut response = poll_fn(|cx| poll_answer(handled.as_mut(), &exchange, cx)).await;
        if exchange.is_last() {
            close_after(&mut response);
        }
        exchange.respond();
        Ok(response.map(|body| Counted {
            body,
            is_head,
            exchange,
            shared,
        }))
    }
}

/// The handler's answer, unless the request is refused meanwhile.
fn poll_answer<F>(
    handled: Pin<&mut Option<F>>,
    exchange: &Exchange,
    cx: &mut Context<'_>,
) -> Poll<Response<Body>>
where
    F: Future<Output: IntoResponse>,
{
    let answer = match handled.as_pin_mut() {
        Some(handler) if exchange.refusal().is_none() => handler.poll(cx).map(response_of),
        Some(_) | None => Poll::Pending,
    };
    match exchange.refusal() {
        Some(refusal) => Poll::Ready(refusal.response()),
        None => answer,
    }
}

/// A body that counts as answered when it was taken to its end.
struct Counted {
    body: Body,
    /// The answer to `HEAD` has no body to take.
    is_head: bool,
    exchange: Rc<Exchange>,
    /// `None` when the request was not counted.
    shared: Option<Rc<Shared>>,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.exchange.finish();
        if (self.is_head || self.body.is_end_stream())
            && let Some(shared) = &self.shared
        {
            shared.count(|counts| counts.answered += 1);
        }
    }
}
