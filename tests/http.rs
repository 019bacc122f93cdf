//! The HTTP server against clients that speak bytes, on both drivers.
#![cfg(feature = "http")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use synodic::event_loop::DriverChoice;
use synodic::http::{Body, Counts, Incoming, Request, Response, Server};
use synodic::net::TcpListener;
use synodic::{Runtime, fs};

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(10);

const SOURCE: &str = include_str!("http.rs");

/// Answers with a word; for some paths late, never, or with this source file.
async fn site(request: Request<Incoming>) -> Response<Body> {
    let len = match request.uri().path() {
        "/slow" => {
            synodic::timers::sleep(Duration::from_millis(100)).await;
            return Response::new(Body::from("hello"));
        }
        "/in-flight" => {
            announce("/in-flight");
            synodic::timers::sleep(Duration::from_millis(100)).await;
            return Response::new(Body::from("hello"));
        }
        "/forever" => {
            announce("/forever");
            std::future::pending().await
        }
        "/file" => SOURCE.len() as u64,
        "/broken" => SOURCE.len() as u64 + 1,
        _ => return Response::new(Body::from("hello")),
    };
    let file = fs::File::open(file!()).await.unwrap();
    Response::new(Body::file(file, 0..len))
}

/// Requests that have reached [`site`] and that no test has waited for yet.
static ARRIVALS: (Mutex<Vec<&str>>, Condvar) = (Mutex::new(Vec::new()), Condvar::new());

fn announce(path: &'static str) {
    ARRIVALS.0.lock().unwrap().push(path);
    ARRIVALS.1.notify_all();
}

/// Waits until a request for `path`, which only one test asks for, is in flight.
fn wait_for_arrival(path: &str) {
    let arrivals = ARRIVALS.0.lock().unwrap();
    let missing = |arrivals: &mut Vec<&str>| !arrivals.contains(&path);
    let (mut arrivals, _) = ARRIVALS
        .1
        .wait_timeout_while(arrivals, PATIENCE, missing)
        .unwrap();
    let at = arrivals.iter().position(|arrived| *arrived == path);
    arrivals.remove(at.expect("the request arrives in time"));
}

/// Runs `client` on a thread of its own against a server on each driver; returns what the server
/// counted when the client was done and the server had ended.
fn with_server(server: &Server, limit: Duration, client: fn(SocketAddr)) -> [Counts; 2] {
    with_closing_server(server, limit, move |address| {
        client(address);
        std::thread::spawn(|| {})
    })
}

/// Like [`with_server`], for a client that leaves a thread behind while the server closes.
fn with_closing_server(
    server: &Server,
    limit: Duration,
    client: impl Fn(SocketAddr) -> JoinHandle<()> + Copy + Send + 'static,
) -> [Counts; 2] {
    [DriverChoice::Auto, DriverChoice::Epoll].map(|driver| {
        let mut event_loop = Runtime::builder().driver(driver).build().unwrap();
        let server = server.clone();
        let counts = event_loop.block_on(async move {
            let listener = TcpListener::bind(([127, 0, 0, 1], 0).into()).unwrap();
            let address = listener.local_addr().unwrap();
            let serving = server.serve(listener, site);
            let rest = off_thread(move || client(address)).await;
            let counts = serving.shutdown(limit).await;
            off_thread(move || rest.join().unwrap()).await;
            counts
        });
        counts.unwrap()
    })
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    synodic::spawn_blocking(work).await.unwrap()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends `request`, and returns all that comes until the server closes.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

fn get_and_close(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

fn assert_counts(counts: [Counts; 2], read: u64, answered: u64) {
    for counts in counts {
        assert_eq!(
            (counts.read, counts.answered, counts.connections),
            (read, answered, 0)
        );
    }
}

#[test]
fn pipelined_requests_are_answered_in_order_on_one_connection() {
    let counts = with_server(&Server::new(), PATIENCE, |address| {
        let requests = [get("/slow"), get("/file"), get_and_close("/")].concat();
        let answer = exchange(address, &requests);
        let (before, after) = answer.split_once(SOURCE).unwrap();
        assert!(before.contains("\r\n\r\nhello"), "{before}");
        assert!(after.ends_with("\r\n\r\nhello"), "{after}");
    });
    assert_counts(counts, 3, 3);
}

#[test]
fn head_has_the_length_and_no_body() {
    let counts = with_server(&Server::new(), PATIENCE, |address| {
        let answer = exchange(address, &get_and_close("/").replace("GET", "HEAD"));
        assert!(
            answer
                .to_ascii_lowercase()
                .contains("content-length: 5\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn shutdown_finishes_what_is_in_flight_and_closes_idle_connections() {
    let counts = with_closing_server(&Server::new(), PATIENCE, |address| {
        let silent = connect(address);
        let mut stream = connect(address);
        stream.write_all(get("/in-flight").as_bytes()).unwrap();
        wait_for_arrival("/in-flight");
        // This function returns, and the server closes, while the request is in flight.
        std::thread::spawn(move || {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.ends_with("hello"), "{answer}");
            drop(silent);
        })
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn shutdown_breaks_off_what_is_not_done_in_time() {
    let start = Instant::now();
    let counts = with_closing_server(&Server::new(), Duration::from_millis(20), |address| {
        let mut stream = connect(address);
        stream.write_all(get("/forever").as_bytes()).unwrap();
        wait_for_arrival("/forever");
        std::thread::spawn(move || {
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            assert_eq!(answer, "");
        })
    });
    assert_counts(counts, 1, 0);
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn heads_beyond_the_limits_are_refused() {
    let server = Server::new().max_headers_count(4).max_header_size(1000);
    let counts = with_server(&server, PATIENCE, |address| {
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(5));
        let answer = exchange(address, &many);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(1000));
        let answer = exchange(address, &long);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    });
    assert_counts(counts, 0, 0);
}

#[test]
fn malformed_requests_are_refused() {
    let counts = with_server(&Server::new(), PATIENCE, |address| {
        for request in [
            "\0\0\0\0\r\n\r\n",
            "GET  / HTTP/1.1\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        ] {
            let answer = exchange(address, request);
            assert!(answer.starts_with("HTTP/1.1 400 "), "{request:?}: {answer}");
        }
    });
    assert_counts(counts, 0, 0);
}

#[test]
fn a_client_that_sends_its_head_too_slowly_is_cut_off() {
    let limit = Duration::from_millis(200);
    let server = Server::new()
        .headers_timeout(limit)
        .keep_alive_timeout(limit);
    let start = Instant::now();
    let counts = with_server(&server, PATIENCE, |address| {
        let answer = exchange(address, "GET / HTTP/1.1\r\n");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        // So is one that sends nothing between two requests.
        assert!(exchange(address, &get("/")).contains("\r\n\r\nhello"));
    });
    assert_counts(counts, 1, 1);
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn a_file_shorter_than_promised_breaks_the_connection_off() {
    let counts = with_server(&Server::new(), PATIENCE, |address| {
        let answer = exchange(address, &get("/broken"));
        assert!(answer.ends_with(SOURCE));
    });
    assert_counts(counts, 1, 0);
}
