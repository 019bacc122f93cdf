//! One connection of a client.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use synodic_loop::net::TcpStream;
use synodic_loop::{JoinHandle, spawn_blocking, spawn_local};

use super::error::ClientError;
use super::target::Origin;
use crate::http::body::Body;
use crate::http::io::{WeakWire, Wire};

/// A connection that speaks HTTP. Dropping it closes it, whatever is under way.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) sender: SendRequest<Upload>,
    task: JoinHandle<()>,
    wire: WeakWire,
}

impl Link {
    /// Finds the origin's host and connects to it.
    pub(super) async fn open(
        url: &str,
        origin: &Origin,
        protocol: &http1::Builder,
    ) -> Result<Self, ClientError> {
        let stream = connect(url, origin).await?;
        // A server that does not get its small requests at once is slower, and still asked.
        let _ = stream.set_nodelay(true);
        let wire = Wire::new(stream);
        let weak = wire.downgrade();
        let handshake = protocol.handshake(wire).await;
        let (sender, connection) =
            handshake.map_err(|error| ClientError::of_exchange(url, error))?;
        let task = spawn_local(async move {
            // Who waits for a response is told by the sender.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            task,
            wire: weak,
        })
    }

    /// Whether the loop stays alive for this connection.
    pub(super) fn set_referenced(&self, referenced: bool) {
        self.wire.set_referenced(referenced);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Tries the host's addresses one after the other.
async fn connect(url: &str, origin: &Origin) -> Result<TcpStream, ClientError> {
    let mut failure = io::ErrorKind::NotFound.into();
    for address in addresses(url, origin).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(ClientError::Connect {
        url: url.to_owned(),
        source: failure,
    })
}

async fn addresses(url: &str, origin: &Origin) -> Result<Vec<SocketAddr>, ClientError> {
    let port = origin.port;
    if let Some(address) = origin.address() {
        return Ok(vec![(address, port).into()]);
    }
    let host = origin.host.clone();
    // The system's way to look names up blocks.
    let found = spawn_blocking(move || {
        let addresses = (host.as_str(), port).to_socket_addrs()?;
        Ok::<_, io::Error>(addresses.collect::<Vec<_>>())
    });
    let found = found.await.flatten();
    found.map_err(|source| ClientError::Resolve {
        url: url.to_owned(),
        host: origin.host.clone(),
        source,
    })
}

/// What has become of a request's body.
#[derive(Debug, Default)]
pub(super) struct UploadState {
    sent: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl UploadState {
    /// Whether the connection has taken all of it.
    pub(super) fn is_sent(&self) -> bool {
        self.sent.get()
    }

    /// Ready when the connection has taken all of it.
    pub(super) fn poll_sent(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.sent.get() {
            return Poll::Ready(());
        }
        self.waker.replace(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// A request's body, which tells when it was taken.
#[derive(Debug)]
pub(super) struct Upload {
    body: Option<Body>,
    state: Rc<UploadState>,
}

impl Upload {
    pub(super) fn new(body: Body) -> (Self, Rc<UploadState>) {
        let state = Rc::new(UploadState::default());
        let upload = Self {
            body: Some(body),
            state: state.clone(),
        };
        (upload, state)
    }

    /// The body, of a request that was not sent.
    pub(super) fn into_body(mut self) -> Body {
        self.body.take().unwrap_or_default()
    }
}

impl hyper::body::Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        Pin::new(body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.body.as_ref().is_some_and(Body::is_end_stream) {
            self.state.sent.set(true);
            let waker = self.state.waker.take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}
