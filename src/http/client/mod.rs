//! A client: makes requests, and keeps connections for the next ones.

mod error;
mod link;
mod options;
mod pool;
mod target;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Body as _;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, Uri, Version};
use synodic_loop::{Sleep, timeout};

use super::body::Body;
use super::incoming::Incoming;
pub use error::ClientError;
use link::{Link, Upload, UploadState};
use options::Options;
pub use options::{
    CLIENT_BODY_TIMEOUT_DEFAULT, CLIENT_KEEP_ALIVE_TIMEOUT_DEFAULT, CONNECT_TIMEOUT_DEFAULT,
    ClientBuilder, MAX_FREE_SOCKETS_DEFAULT, RESPONSE_TIMEOUT_DEFAULT,
};
use pool::{Lease, Pool};
use target::Origin;

/// Asks for `url`, over a connection of its own.
///
/// # Errors
///
/// [`ClientError`] when no response comes. A response of any status is none.
///
/// # Panics
///
/// The first poll panics outside of a loop.
///
/// # Cancel safety
///
/// Dropping the future closes the connection, whatever the server has done by then. So does
/// dropping the response before its body's end.
///
/// # Node
///
/// `http.get`, which shares connections between all callers: here a [`Client`] does.
///
/// # Examples
///
/// ```
/// use synodic::http::{self, Body, Response, Server};
/// use synodic::net::TcpListener;
///
/// # let mut event_loop = synodic::event_loop::EventLoop::new()?;
/// # event_loop.block_on(async {
/// let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
/// let url = format!("http://{}/", listener.local_addr()?);
/// let serving = Server::new().serve(listener, async |_| Response::new(Body::from("hello")));
///
/// let response = http::get(&url).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.into_body().collect(1024).await?, "hello");
/// # serving.shutdown(std::time::Duration::from_secs(1)).await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn get(url: impl AsRef<str>) -> Result<Response<Incoming>, ClientError> {
    let client = Client::builder().keep_alive(false).build();
    client.get(url).await
}

/// Makes HTTP/1 requests, over connections that are kept for the next ones.
///
/// A clone is the same client. One connection serves one request at a time; a response's connection
/// is free again when its body was read to the end. Idle connections do not keep the loop alive.
///
/// A kept connection may turn out to have been closed by the server. The request is then made
/// again, over another one, if nothing of it was sent, or if it has no body and its method is
/// idempotent (RFC 9110, 9.2.2).
///
/// Redirects are responses like others. `https` is not supported. A server that does not take the
/// body of a request is waited for; [`timeout`](crate::timers::timeout) around the request sets a
/// limit.
///
/// # Node
///
/// `http.Agent` with `http.request`; the time limits are those of Node's `fetch`.
///
/// # Examples
///
/// ```no_run
/// use synodic::http::{Body, Client, Request};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new();
/// let request = Request::post("http://localhost:8000/notes").body(Body::from("milk"))?;
/// let mut body = client.request(request).await?.into_body();
/// while let Some(buffer) = body.next().await {
///     println!("{} bytes", buffer?.len());
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias = "http.Agent")]
#[derive(Clone, Debug)]
pub struct Client(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    options: Options,
    protocol: http1::Builder,
    pool: Rc<Pool>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client with the default options, without connections yet.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// The options of a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    fn from_options(options: Options) -> Self {
        let mut protocol = http1::Builder::new();
        protocol
            .max_header_size(options.max_header_size)
            .max_buf_size(super::CONNECTION_BUFFER_BYTES_MAX.max(options.max_header_size));
        Self(Rc::new(Shared {
            pool: Rc::new(Pool::new(
                options.keep_alive_timeout,
                if options.keep_alive {
                    options.max_free_sockets
                } else {
                    0
                },
            )),
            protocol,
            options,
        }))
    }

    /// Asks for `url`.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when no response comes. A response of any status is none.
    ///
    /// # Panics
    ///
    /// The first poll panics outside of a loop.
    ///
    /// # Cancel safety
    ///
    /// As for [`request`](Self::request).
    pub async fn get(&self, url: impl AsRef<str>) -> Result<Response<Incoming>, ClientError> {
        let mut request = Request::new(Body::default());
        *request.uri_mut() = target::parse(url.as_ref())?;
        self.exchange(url.as_ref(), request).await
    }

    /// Makes a request, whose URL is absolute.
    ///
    /// `Host`, `Content-Length` and `Transfer-Encoding` are set where they are missing. The
    /// response comes as soon as its head does, maybe before the request's body was sent.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when no response comes. A response of any status is none.
    ///
    /// # Panics
    ///
    /// The first poll panics outside of a loop.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection, whatever the server has done by then. So does
    /// dropping the response before its body's end.
    pub async fn request(&self, request: Request<Body>) -> Result<Response<Incoming>, ClientError> {
        let url = request.uri().to_string();
        self.exchange(&url, request).await
    }

    async fn exchange(
        &self,
        url: &str,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, ClientError> {
        let origin = target::split_origin(url, &mut request)?;
        if !self.0.options.keep_alive {
            let close = HeaderValue::from_static("close");
            request.headers_mut().insert(CONNECTION, close);
        }
        // Each round uses up a kept connection: a new one is not tried twice.
        while let Some(link) = self.0.pool.take(&origin).await {
            let again = Head::repeatable(&request);
            match self.send(url, &origin, link, request).await {
                Ok(response) => return Ok(response),
                Err(Failed {
                    unsent: Some(unsent),
                    ..
                }) => request = unsent,
                Err(Failed {
                    error: error @ ClientError::Connection { .. },
                    ..
                }) => {
                    request = again.ok_or(error)?.into_request();
                }
                Err(failed) => return Err(failed.error),
            }
        }
        let link = self.open(url, &origin).await?;
        let sent = self.send(url, &origin, link, request).await;
        sent.map_err(|failed| failed.error)
    }

    async fn open(&self, url: &str, origin: &Origin) -> Result<Link, ClientError> {
        let open = Link::open(url, origin, &self.0.protocol);
        let limit = self.0.options.connect_timeout;
        if limit.is_zero() {
            return open.await;
        }
        let opened = timeout(limit, open).await;
        opened.unwrap_or_else(|_| {
            Err(ClientError::ConnectTimeout {
                url: url.to_owned(),
                limit,
            })
        })
    }

    /// Sends a request over a connection and waits for the head of the response.
    async fn send(
        &self,
        url: &str,
        origin: &Origin,
        mut link: Link,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, Failed> {
        let (head, body) = request.into_parts();
        let (upload, state) = Upload::new(body);
        let options = &self.0.options;
        let response = link
            .sender
            .try_send_request(Request::from_parts(head, upload));
        let limit = options.response_timeout;
        let response = match until(response, &state, limit).await {
            Some(Ok(response)) => response,
            Some(Err(mut failure)) => {
                let unsent = failure.take_message();
                return Err(Failed {
                    unsent: unsent.map(|request| request.map(Upload::into_body)),
                    error: ClientError::of_exchange(url, failure.into_error()),
                });
            }
            None => {
                let url = url.to_owned();
                return Err(Failed {
                    unsent: None,
                    error: ClientError::ResponseTimeout { url, limit },
                });
            }
        };
        let lease = Lease::new(link, origin.clone(), &self.0.pool, state);
        let body_timeout = options.body_timeout;
        let body_timeout = (!body_timeout.is_zero()).then_some(body_timeout);
        Ok(response
            .map(|body| Incoming::new(body, options.max_body_size, body_timeout, Rc::new(lease))))
    }
}

/// A request without a response.
struct Failed {
    error: ClientError,
    /// The request, if nothing of it was sent.
    unsent: Option<Request<Body>>,
}

/// What `response` yields; `None` when it takes longer than `limit` from when the request is sent.
async fn until<F: Future>(response: F, upload: &UploadState, limit: Duration) -> Option<F::Output> {
    let mut response = pin!(response);
    let mut sleep: Option<Sleep> = None;
    poll_fn(|cx| {
        if let Poll::Ready(response) = response.as_mut().poll(cx) {
            return Poll::Ready(Some(response));
        }
        if limit.is_zero() || upload.poll_sent(cx).is_pending() {
            return Poll::Pending;
        }
        let sleep = sleep.get_or_insert_with(|| synodic_loop::sleep(limit));
        Pin::new(sleep).poll(cx).map(|()| None)
    })
    .await
}

/// A request without its body, which it does not have.
struct Head {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
}

impl Head {
    /// A copy of a request that may be made twice.
    fn repeatable(request: &Request<Body>) -> Option<Self> {
        let may_repeat = request.method().is_idempotent() && request.body().is_end_stream();
        may_repeat.then(|| Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
        })
    }

    fn into_request(self) -> Request<Body> {
        let mut request = Request::new(Body::default());
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers;
        request
    }
}
