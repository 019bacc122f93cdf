//! A server for a test, and clients that speak bytes.
#![allow(dead_code, reason = "each test program uses its part")]

use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use synodic::Runtime;
use synodic::event_loop::DriverChoice;
use synodic::http::{Body, Counts, Incoming, IntoResponse, Request, Response, Server};
use synodic::net::TcpListener;

/// How long a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Short enough to wait for.
pub(crate) const SHORT: Duration = Duration::from_millis(50);

pub(crate) const DRIVERS: [DriverChoice; 2] = [DriverChoice::Auto, DriverChoice::Epoll];

/// Runs `test` on a loop of its own.
pub(crate) fn on_driver<F>(driver: DriverChoice, test: F) -> F::Output
where
    F: Future<Output: 'static> + 'static,
{
    let mut event_loop = Runtime::builder().driver(driver).build().unwrap();
    event_loop.block_on(test).unwrap()
}

/// Runs `test` on a loop of its own on each driver.
pub(crate) fn on_each_driver<T, F>(test: impl Fn() -> F) -> [T; 2]
where
    T: 'static,
    F: Future<Output = T> + 'static,
{
    DRIVERS.map(|driver| on_driver(driver, test()))
}

/// Runs `client` on a thread of its own against a server on each driver; returns what the server
/// counted when the client was done and the server had ended.
pub(crate) fn with_server<H, F>(
    server: &Server,
    handler: H,
    client: impl Fn(SocketAddr) + Copy + Send + 'static,
) -> [Counts; 2]
where
    H: Fn(Request<Incoming>) -> F + Copy + 'static,
    F: Future<Output: IntoResponse> + 'static,
{
    on_each_driver(|| {
        let server = server.clone();
        async move {
            let listener = listen();
            let address = listener.local_addr().unwrap();
            let serving = server.serve(listener, handler);
            off_thread(move || client(address)).await;
            serving.shutdown(PATIENCE).await
        }
    })
}

pub(crate) fn listen() -> TcpListener {
    TcpListener::bind(([127, 0, 0, 1], 0).into()).unwrap()
}

/// Runs `work`, which may block, on another thread.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    synodic::spawn_blocking(work).await.unwrap()
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends `request`, and returns all that comes until the server closes.
pub(crate) fn exchange(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_ref()).unwrap();
    rest_of(stream)
}

/// All that comes until the server closes.
pub(crate) fn rest_of(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Reads one response without a body, or up to the end of its head.
pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

pub(crate) fn get_and_close(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

pub(crate) async fn hello(_request: Request<Incoming>) -> Response<Body> {
    Response::new(Body::from("hello"))
}

/// The length of the body, after it was read to its end.
pub(crate) async fn measure(request: Request<Incoming>) -> Response<Body> {
    let mut body = request.into_body();
    let mut bytes = 0;
    while let Some(buffer) = body.next().await {
        match buffer {
            Ok(buffer) => bytes += buffer.len(),
            Err(error) => return Response::new(Body::from(error.to_string())),
        }
    }
    Response::new(Body::from(format!("{bytes} bytes")))
}

pub(crate) fn assert_status(answer: &str, status: &str) {
    let expected = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&expected), "not {status}: {answer}");
}

pub(crate) fn assert_counts(counts: [Counts; 2], read: u64, answered: u64) {
    for counts in counts {
        let seen = (counts.read, counts.answered, counts.connections);
        assert_eq!(seen, (read, answered, 0));
    }
}
