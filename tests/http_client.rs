//! The HTTP client, against servers that speak bytes and against our own, on both drivers.
#![cfg(feature = "http")]

mod http_support;

use std::error::Error;
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use http_support::*;
use socket2::{Domain, Socket, Type};
use synodic::Runtime;
use synodic::event_loop::timeout;
use synodic::http::{
    self, Body, BodyClosed, BodyError, Client, ClientError, Incoming, Method, Request, Response,
    Server, header,
};

/// Starts a server that speaks bytes on a thread of its own; its end is to be awaited.
fn raw_server<T: Send + 'static>(
    script: impl FnOnce(TcpListener) -> T + Send + 'static,
) -> (String, impl Future<Output = T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url(listener.local_addr().unwrap());
    let thread = synodic::spawn_blocking(move || script(listener));
    (url, async { thread.await.unwrap() })
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/")
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads the head of a request and answers it.
fn answer(stream: &mut TcpStream, response: &str) -> String {
    let head = read_head(stream);
    stream.write_all(response.as_bytes()).unwrap();
    head
}

/// Waits until the client has closed the connection.
fn assert_closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => assert!(rest.is_empty(), "{rest:?}"),
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
    }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

async fn text(response: Response<Incoming>) -> String {
    let bytes = response.into_body().collect(1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn get_sends_what_a_server_needs_and_closes() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let mut stream = accept(&listener);
            let head = answer(&mut stream, HELLO);
            assert_closed(&mut stream);
            head
        });
        let response = http::get(&format!("{url}a?b=c#d")).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(text(response).await, "hello");
        let host = &url["http://".len()..url.len() - 1];
        let expected = format!("GET /a?b=c HTTP/1.1\r\nconnection: close\r\nhost: {host}\r\n\r\n");
        assert_eq!(sorted(&server.await), sorted(&expected));
    });
}

fn sorted(head: &str) -> Vec<&str> {
    let mut lines: Vec<_> = head.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_name_is_looked_up() {
    on_each_driver(|| async {
        let listener = listen();
        let port = listener.local_addr().unwrap().port();
        let serving = Server::new().serve(listener, hello);
        let response = http::get(format!("http://localhost:{port}/")).await;
        assert_eq!(text(response.unwrap()).await, "hello");
        serving.shutdown(PATIENCE).await;
    });
}

#[test]
fn one_connection_serves_one_request_after_the_other() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let mut stream = accept(&listener);
            for _ in 0..3 {
                answer(&mut stream, HELLO);
            }
            answer(&mut stream, "HTTP/1.1 204 No Content\r\n\r\n");
            answer(&mut stream, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
            answer(&mut stream, HELLO);
        });
        let client = Client::new();
        for _ in 0..3 {
            assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        }
        assert_eq!(text(client.get(&url).await.unwrap()).await, "");
        let head = Request::head(&url).body(Body::default()).unwrap();
        let response = client.request(head).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "9");
        assert_eq!(text(response).await, "");
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        server.await;
    });
}

#[test]
fn a_response_that_is_given_up_closes_its_connection() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let mut first = accept(&listener);
            answer(
                &mut first,
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart",
            );
            assert_closed(&mut first);
            answer(&mut accept(&listener), HELLO);
        });
        let client = Client::new();
        drop(client.get(&url).await.unwrap());
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        server.await;
    });
}

#[test]
fn a_request_that_is_given_up_closes_its_connection() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let mut stream = accept(&listener);
            read_head(&mut stream);
            assert_closed(&mut stream);
        });
        let client = Client::new();
        assert!(timeout(SHORT, client.get(&url)).await.is_err());
        server.await;
    });
}

#[test]
fn an_idle_connection_is_closed_in_time() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let mut stream = accept(&listener);
            answer(&mut stream, HELLO);
            assert_closed(&mut stream);
        });
        let client = Client::builder().keep_alive_timeout(SHORT).build();
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        server.await;
    });
}

#[test]
fn no_more_idle_connections_are_kept_than_allowed() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let (mut first, mut second) = (accept(&listener), accept(&listener));
            answer(&mut first, HELLO);
            answer(&mut second, HELLO);
            assert_closed(&mut first);
            answer(&mut second, HELLO);
        });
        let client = Client::builder().max_free_sockets(1).build();
        // Both are under way before the first is answered.
        let (one, other) = (client.clone(), url.clone());
        let first = synodic::spawn_local(async move { one.get(other).await });
        let (one, other) = (client.clone(), url.clone());
        let second = synodic::spawn_local(async move { one.get(other).await });
        assert_eq!(text(first.await.unwrap()).await, "hello");
        assert_eq!(text(second.await.unwrap()).await, "hello");
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        server.await;
    });
}

#[test]
fn an_idle_connection_does_not_keep_the_loop_alive() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url(listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut stream = accept(&listener);
        answer(&mut stream, HELLO);
        assert_closed(&mut stream);
    });
    let limit = 2 * PATIENCE;
    let status = Runtime::new().unwrap().run(async move {
        let client = Client::builder().keep_alive_timeout(limit).build();
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        std::mem::forget(client);
    });
    assert!(status.success());
    // Less than the idle limit later: the loop has ended, and its connections with it.
    server.join().unwrap();
}

#[test]
fn a_connection_closed_while_idle_is_replaced() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            answer(&mut accept(&listener), HELLO);
            answer(&mut accept(&listener), HELLO);
        });
        let client = Client::new();
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        let post = Request::post(&url).body(Body::default()).unwrap();
        let response = client.request(post).await;
        // The request may have met the closing connection; it is then not made again.
        match response {
            Ok(response) => assert_eq!(text(response).await, "hello"),
            Err(ClientError::Connection { .. }) => {
                assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
            }
            Err(error) => panic!("{error}"),
        }
        server.await;
    });
}

/// Answers one request, reads another, and closes; the request that is made again is answered.
fn close_on_second(listener: &TcpListener) -> TcpStream {
    let mut stream = accept(listener);
    answer(&mut stream, HELLO);
    read_head(&mut stream);
    drop(stream);
    accept(listener)
}

#[test]
fn an_idempotent_request_is_made_again_when_a_kept_connection_ends() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            answer(&mut close_on_second(&listener), HELLO);
        });
        let client = Client::new();
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
        server.await;
    });
}

#[test]
fn other_requests_are_not_made_again() {
    for (method, body) in [(Method::POST, ""), (Method::PUT, "data")] {
        on_each_driver(|| {
            let method = method.clone();
            async move {
                let (url, server) = raw_server(|listener| {
                    answer(&mut close_on_second(&listener), HELLO);
                });
                let client = Client::new();
                assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
                let request = Request::builder().method(method).uri(&url);
                let failed = client
                    .request(request.body(Body::from(body)).unwrap())
                    .await;
                let error = failed.unwrap_err();
                assert!(matches!(error, ClientError::Connection { .. }), "{error}");
                assert_eq!((error.url(), error.code()), (&*url, Some("ECONNRESET")));
                // This is what the server waits for.
                assert_eq!(text(client.get(&url).await.unwrap()).await, "hello");
                server.await;
            }
        });
    }
}

#[test]
fn a_new_connection_is_not_tried_twice() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            read_head(&mut accept(&listener));
        });
        let error = Client::new().get(&url).await.unwrap_err();
        assert!(matches!(error, ClientError::Connection { .. }), "{error}");
        server.await;
    });
}

async fn failure(client: &Client, url: &str) -> ClientError {
    let error = client.get(url).await.unwrap_err();
    assert_eq!(error.url(), url);
    assert!(error.to_string().contains(url), "{error}");
    error
}

#[test]
fn what_cannot_be_asked_for_is_an_error_that_names_it() {
    on_each_driver(|| async {
        let client = Client::new();
        let error = failure(&client, "https://localhost/").await;
        assert!(
            matches!(&error, ClientError::UnsupportedScheme { scheme, .. } if scheme == "https")
        );
        assert_eq!(error.code(), Some("ERR_INVALID_PROTOCOL"));
        let error = failure(&client, "/path").await;
        assert_eq!(error.code(), Some("ERR_INVALID_URL"));
        let connect = Request::connect("http://localhost/").body(Body::default());
        let error = client.request(connect.unwrap()).await.unwrap_err();
        assert!(
            matches!(error, ClientError::UnsupportedMethod { .. }),
            "{error}"
        );
    });
}

#[test]
fn a_host_that_cannot_be_reached_is_an_error_that_names_it() {
    on_each_driver(|| async {
        let client = Client::new();
        let nobody = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let error = failure(&client, &url(nobody)).await;
        assert_eq!(error.code(), Some("ECONNREFUSED"));
        let label = "a".repeat(64);
        let error = failure(&client, &format!("http://{label}/")).await;
        assert!(
            matches!(&error, ClientError::Resolve { host, .. } if *host == label),
            "{error}"
        );
        assert_eq!(error.code(), Some("ENOTFOUND"));
    });
}

#[test]
fn connecting_takes_no_longer_than_allowed() {
    on_each_driver(|| async {
        // A listener with a full queue lets further connections wait.
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener
            .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
            .unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let filler = off_thread(move || TcpStream::connect(address).unwrap()).await;
        let client = Client::builder().connect_timeout(SHORT).build();
        let error = failure(&client, &url(address)).await;
        assert!(
            matches!(error, ClientError::ConnectTimeout { limit: SHORT, .. }),
            "{error}"
        );
        drop(filler);
    });
}

#[test]
fn a_response_that_does_not_come_is_not_waited_for() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let mut stream = accept(&listener);
            read_head(&mut stream);
            assert_closed(&mut stream);
        });
        let client = Client::builder().response_timeout(SHORT).build();
        let error = failure(&client, &url).await;
        assert!(
            matches!(error, ClientError::ResponseTimeout { limit: SHORT, .. }),
            "{error}"
        );
        server.await;
    });
}

#[test]
fn what_is_no_response_is_an_error() {
    let large = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(16 * 1024));
    for response in ["nonsense\r\n\r\n", "HTTP/1.1 9999 X\r\n\r\n", &large] {
        let response = response.to_owned();
        on_each_driver(|| {
            let response = response.clone();
            async move {
                let (url, server) = raw_server(move |listener| {
                    answer(&mut accept(&listener), &response);
                });
                let error = failure(&Client::new(), &url).await;
                assert!(matches!(error, ClientError::Malformed { .. }), "{error}");
                assert!(error.source().is_some());
                server.await;
            }
        });
    }
}

/// What reading a response gives that goes on like this after its head.
fn read_body(client: fn() -> Client, response: &'static str) -> [BodyError; 2] {
    on_each_driver(|| async move {
        let (url, server) = raw_server(move |listener| {
            let mut stream = accept(&listener);
            answer(&mut stream, response);
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            assert_closed(&mut stream);
        });
        let response = client().get(&url).await.unwrap();
        let error = response.into_body().collect(8).await.unwrap_err();
        server.await;
        error
    })
}

#[test]
fn a_body_that_cannot_be_read_to_its_end_is_an_error() {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n";
    let errors = [
        read_body(
            Client::new,
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart",
        ),
        read_body(Client::new, CHUNKED),
        read_body(Client::new, "HTTP/1.1 200 OK\r\n\r\nmore than 8 bytes"),
        read_body(|| Client::builder().max_body_size(4).build(), HELLO),
    ];
    assert!(
        matches!(errors[0], [BodyError::Incomplete, BodyError::Incomplete]),
        "{errors:?}"
    );
    assert!(
        matches!(
            errors[1],
            [BodyError::Malformed(_), BodyError::Malformed(_)]
        ),
        "{errors:?}"
    );
    let messages = errors[2..].as_flattened().iter().map(ToString::to_string);
    let longer = |bytes| format!("the body is longer than {bytes} bytes");
    assert!(messages.eq([longer(8), longer(8), longer(4), longer(4)]));
}

#[test]
fn a_body_that_stops_is_not_waited_for() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let mut stream = accept(&listener);
            answer(
                &mut stream,
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart",
            );
            assert_closed(&mut stream);
        });
        let client = Client::builder().body_timeout(SHORT).build();
        let mut body = client.get(&url).await.unwrap().into_body();
        assert_eq!(body.next().await.unwrap().unwrap(), "part");
        let error = body.next().await.unwrap().unwrap_err();
        assert!(
            matches!(error, BodyError::TimedOut { limit: SHORT }),
            "{error}"
        );
        assert!(body.next().await.is_none());
        server.await;
    });
}

/// Sends the body back as it comes.
async fn echo(request: Request<Incoming>) -> Response<Body> {
    Response::new(Body::stream(request.into_body()))
}

#[test]
fn a_large_body_streams_both_ways_at_once() {
    const CHUNKS: usize = 256;
    const CHUNK_BYTES: usize = 16 * 1024;
    on_each_driver(|| async {
        let listener = listen();
        let url = url(listener.local_addr().unwrap());
        let serving = Server::new().serve(listener, echo);
        let (mut writer, body) = Body::channel();
        let producer = synodic::spawn_local(async move {
            for number in 0..CHUNKS {
                writer.write(vec![number as u8; CHUNK_BYTES]).await?;
            }
            writer.end();
            Ok::<(), BodyClosed>(())
        });
        let client = Client::new();
        let request = Request::put(&url).body(body).unwrap();
        let mut body = client.request(request).await.unwrap().into_body();
        let mut received = 0;
        while let Some(buffer) = body.next().await {
            for byte in buffer.unwrap().iter() {
                assert_eq!(*byte, (received / CHUNK_BYTES) as u8);
                received += 1;
            }
        }
        assert_eq!(received, CHUNKS * CHUNK_BYTES);
        producer.await.unwrap();
        // The connection is good for another request.
        let again = Request::put(&url).body(Body::from("again")).unwrap();
        assert_eq!(text(client.request(again).await.unwrap()).await, "again");
        assert_eq!(serving.counts().connections, 1);
        serving.shutdown(PATIENCE).await;
    });
}

#[test]
fn an_answer_that_comes_before_the_upload_is_done_is_read() {
    on_each_driver(|| async {
        let listener = listen();
        let url = url(listener.local_addr().unwrap());
        let serving = Server::new().max_body_size(1).serve(listener, echo);
        let client = Client::new();
        let body = Body::from(vec![0; 100_000]);
        let request = Request::post(&url).body(body).unwrap();
        assert_eq!(client.request(request).await.unwrap().status(), 413);
        serving.shutdown(PATIENCE).await;
    });
}

#[test]
fn a_request_whose_body_fails_is_an_error() {
    on_each_driver(|| async {
        let listener = listen();
        let url = url(listener.local_addr().unwrap());
        let serving = Server::new().serve(listener, measure);
        let (writer, body) = Body::channel();
        drop(writer);
        let request = Request::post(&url).body(body).unwrap();
        let error = Client::new().request(request).await.unwrap_err();
        assert!(matches!(error, ClientError::RequestBody { .. }), "{error}");
        serving.shutdown(PATIENCE).await;
    });
}

#[test]
fn a_redirect_is_a_response_like_others() {
    on_each_driver(|| async {
        let (url, server) = raw_server(|listener| {
            let moved = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n";
            answer(&mut accept(&listener), moved);
        });
        let response = http::get(&url).await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                &response.headers()[header::LOCATION]
            ),
            (302, &header::HeaderValue::from_static("/b"))
        );
        server.await;
    });
}
