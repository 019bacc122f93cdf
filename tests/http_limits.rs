//! What a client gets that exceeds a limit of the HTTP server, on both drivers.
#![cfg(feature = "http")]

mod http_support;

use std::io::Write;
use std::time::Instant;

use http_support::*;
use synodic::http::{Body, BodyClosed, Incoming, Request, Response, Server};

#[test]
fn a_client_that_says_nothing_is_answered_408() {
    let server = Server::new().headers_timeout(SHORT);
    let counts = with_server(&server, hello, |address| {
        let answer = rest_of(connect(address));
        assert_status(&answer, "408");
    });
    assert_counts(counts, 0, 0);
}

#[test]
fn half_a_head_is_answered_408() {
    let server = Server::new().headers_timeout(SHORT);
    let counts = with_server(&server, hello, |address| {
        let answer = exchange(address, "GET / HTTP/1.1\r\nHost");
        assert_eq!(
            answer,
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
    });
    assert_counts(counts, 0, 0);
}

#[test]
fn a_head_of_a_later_request_that_stops_is_answered_408() {
    let server = Server::new().headers_timeout(4 * SHORT);
    let counts = with_server(&server, hello, |address| {
        let mut stream = connect(address);
        stream.write_all(get("/").as_bytes()).unwrap();
        assert_status(&read_head(&mut stream), "200");
        stream.write_all(b"GET / HT").unwrap();
        let answer = rest_of(stream);
        assert_status(answer.strip_prefix("hello").unwrap(), "408");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_request_that_is_not_whole_in_time_is_answered_408() {
    let server = Server::new().request_timeout(SHORT);
    let counts = with_server(&server, measure, |address| {
        let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab";
        assert_status(&exchange(address, request), "408");
        assert_status(&exchange(address, "GET"), "408");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_body_that_stops_is_answered_408_while_somebody_reads_it() {
    let server = Server::new().body_timeout(SHORT);
    let counts = with_server(&server, measure, |address| {
        let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab";
        assert_status(&exchange(address, request), "408");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_body_that_nobody_reads_is_not_waited_for() {
    let server = Server::new().body_timeout(SHORT);
    let counts = with_server(&server, hello, |address| {
        let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab";
        let answer = exchange(address, request);
        assert_status(&answer, "200");
        assert!(answer.ends_with("hello"), "{answer}");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_silent_connection_is_closed_without_a_word_between_requests() {
    let server = Server::new().keep_alive_timeout(SHORT);
    let counts = with_server(&server, hello, |address| {
        let answer = exchange(address, get("/"));
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    });
    assert_counts(counts, 1, 1);
}

/// Writes until nobody takes any more.
async fn endless(_request: Request<Incoming>) -> Response<Body> {
    let (mut writer, body) = Body::channel();
    synodic::spawn_local(async move {
        while writer.write(vec![0; 64 * 1024]).await != Err(BodyClosed) {}
    });
    Response::new(body)
}

#[test]
fn a_client_that_takes_nothing_is_cut_off() {
    let server = Server::new().write_timeout(SHORT);
    let start = Instant::now();
    // The server cannot end before the connection does: nothing else would end the response.
    let counts = on_each_driver(|| {
        let server = server.clone();
        async move {
            let listener = listen();
            let address = listener.local_addr().unwrap();
            let serving = server.serve(listener, endless);
            let stream = off_thread(move || {
                let mut stream = connect(address);
                stream.write_all(get("/").as_bytes()).unwrap();
                read_head(&mut stream);
                stream
            });
            let stream = stream.await;
            let counts = serving.shutdown(PATIENCE).await;
            drop(stream);
            counts
        }
    });
    assert_counts(counts, 1, 0);
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn a_body_announced_too_large_is_answered_413_without_the_handler() {
    let server = Server::new().max_body_size(4);
    let counts = with_server(&server, measure, |address| {
        let post = |body: &str| {
            let len = body.len();
            format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len}\r\n\r\n{body}")
        };
        assert_status(&exchange(address, post("12345")), "413");
        let answer = exchange(address, post("1234") + &post("12345"));
        let (first, second) = answer.split_once("4 bytes").unwrap();
        assert_status(first, "200");
        assert_status(second, "413");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_body_that_grows_too_large_is_answered_413() {
    let server = Server::new().max_body_size(4);
    let counts = with_server(&server, measure, |address| {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = exchange(address, format!("{head}2\r\n12\r\n3\r\n345\r\n"));
        assert_status(&answer, "413");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        let last = format!("{head}4\r\n1234\r\n0\r\n\r\n") + &get_and_close("/");
        assert!(exchange(address, last).contains("4 bytes"));
    });
    assert_counts(counts, 3, 3);
}

#[test]
fn the_answer_to_a_large_upload_that_is_refused_arrives() {
    let server = Server::new().max_body_size(1000);
    let counts = with_server(&server, measure, |address| {
        let mut stream = connect(address);
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&[0; 400_000]).unwrap();
        assert_status(&rest_of(stream), "413");
    });
    assert_counts(counts, 0, 0);
}

#[test]
fn a_connection_makes_no_more_requests_than_it_may() {
    let server = Server::new().max_requests_per_socket(2);
    let counts = with_server(&server, hello, |address| {
        let answer = exchange(address, [get("/"), get("/"), get("/")].concat());
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
        assert_eq!(answer.matches("connection: close").count(), 1, "{answer}");
    });
    assert_counts(counts, 2, 2);
}

#[test]
fn connections_above_the_limit_are_closed_at_once() {
    let server = Server::new().max_connections(1);
    let counts = with_server(&server, hello, |address| {
        let mut first = connect(address);
        first.write_all(get("/").as_bytes()).unwrap();
        assert_status(&read_head(&mut first), "200");
        assert_eq!(rest_of(connect(address)), "");
        first.write_all(get_and_close("/").as_bytes()).unwrap();
        assert!(rest_of(first).ends_with("hello"));
    });
    assert_counts(counts, 2, 2);
    assert_eq!(counts.map(|counts| counts.dropped), [1, 1]);
}

#[test]
fn heads_beyond_the_limits_are_answered_431() {
    let server = Server::new().max_headers_count(4).max_header_size(1000);
    let counts = with_server(&server, hello, |address| {
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(5));
        assert_status(&exchange(address, many), "431");
        let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(1000));
        assert_status(&exchange(address, long), "431");
    });
    assert_counts(counts, 0, 0);
}

#[test]
fn the_default_limits_of_a_head_are_kept() {
    let counts = with_server(&Server::new(), hello, |address| {
        let with_value = |bytes| {
            let close = "Connection: close";
            format!(
                "GET / HTTP/1.1\r\nHost: x\r\n{close}\r\nA: {}\r\n\r\n",
                "b".repeat(bytes)
            )
        };
        assert_status(&exchange(address, with_value(16 * 1024 - 100)), "200");
        assert_status(&exchange(address, with_value(16 * 1024)), "431");
        let with_headers = |count| {
            let close = "Connection: close";
            format!(
                "GET / HTTP/1.1\r\nHost: x\r\n{close}\r\n{}\r\n",
                "A: b\r\n".repeat(count)
            )
        };
        assert_status(&exchange(address, with_headers(98)), "200");
        assert_status(&exchange(address, with_headers(99)), "431");
    });
    assert_counts(counts, 2, 2);
}
