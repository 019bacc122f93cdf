//! The HTTP server against clients that speak bytes, on both drivers.
#![cfg(feature = "http")]

mod http_support;

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http_support::*;
use synodic::event_loop::Handle;
use synodic::fs;
use synodic::http::{Body, Counts, Incoming, Request, Response, Server};

const SOURCE: &str = include_str!("http.rs");

/// Answers with a word; for some paths late, never, or with this source file.
async fn site(request: Request<Incoming>) -> Response<Body> {
    let len = match request.uri().path() {
        "/slow" => {
            for _turn in 0..10 {
                synodic::timers::immediate().await;
            }
            return Response::new(Body::from("hello"));
        }
        "/in-flight" => {
            announce("/in-flight");
            off_thread(|| wait_for_arrival("/released")).await;
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

/// Like [`with_server`], for a client that leaves a thread behind while the server closes, which
/// takes no longer than `limit`.
fn with_closing_server(
    limit: Duration,
    client: impl Fn(SocketAddr) -> JoinHandle<()> + Copy + Send + 'static,
) -> [Counts; 2] {
    on_each_driver(|| async move {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let serving = Server::new().serve(listener, site);
        let rest = off_thread(move || client(address)).await;
        let counts = serving.shutdown(limit).await;
        off_thread(move || rest.join().unwrap()).await;
        counts
    })
}

#[test]
fn pipelined_requests_are_answered_in_order_on_one_connection() {
    let counts = with_server(&Server::new(), site, |address| {
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
    let counts = with_server(&Server::new(), site, |address| {
        let answer = exchange(address, get_and_close("/").replace("GET", "HEAD"));
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
    let counts = with_closing_server(PATIENCE, |address| {
        let mut silent = connect(address);
        let mut stream = connect(address);
        stream.write_all(get("/in-flight").as_bytes()).unwrap();
        wait_for_arrival("/in-flight");
        // This function returns, and the server closes, while the request is in flight.
        std::thread::spawn(move || {
            assert_eq!(silent.read(&mut [0]).unwrap(), 0, "it is closed at once");
            announce("/released");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.ends_with("hello"), "{answer}");
        })
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn shutdown_breaks_off_what_is_not_done_in_time() {
    let start = Instant::now();
    let counts = with_closing_server(Duration::from_millis(20), |address| {
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
fn a_file_shorter_than_promised_breaks_the_connection_off() {
    let counts = with_server(&Server::new(), site, |address| {
        let answer = exchange(address, get("/broken"));
        assert!(answer.ends_with(SOURCE));
    });
    assert_counts(counts, 1, 0);
}

#[test]
fn a_handler_that_fails_is_an_unhandled_rejection_and_its_client_gets_500() {
    let heard = on_each_driver(|| async {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let sink = heard.clone();
        Handle::current().on_unhandled_rejection(move |rejection| {
            sink.borrow_mut().push(rejection.reason.to_string());
        });
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let serving = Server::new().serve(listener, |request: Request<Incoming>| async move {
            if request.uri().path() == "/bad" {
                return Err(std::io::Error::other("the disk is gone"));
            }
            Ok(Response::new(Body::from("hello")))
        });
        let answer =
            off_thread(move || exchange(address, [get("/bad"), get_and_close("/good")].concat()))
                .await;
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        assert!(!answer.contains("disk"), "{answer}");
        assert!(answer.ends_with("hello"), "{answer}");
        serving.shutdown(PATIENCE).await;
        heard.take()
    });
    assert_eq!(heard, [["the disk is gone"], ["the disk is gone"]]);
}
