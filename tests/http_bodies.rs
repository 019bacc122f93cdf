//! Bodies that stream through the HTTP server, at the pace of the slower side, on both drivers.
#![cfg(feature = "http")]

mod http_support;

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;

use http_support::*;
use socket2::{Domain, SockRef, Socket, Type};
use synodic::http::{Body, BodyClosed, Incoming, Request, Response, Server, header};
use synodic::net::TcpListener;
use synodic::{event_loop::Handle, fs};

/// The system's buffer of each socket below, as far as it lets itself be told.
const SOCKET_BUFFER_BYTES: usize = 64 * 1024;

/// What may be under way at most: hyper's and the loop's buffers on one side, the system's on both
/// (it doubles what it is told, and counts its own bookkeeping), with a good margin.
const IN_FLIGHT_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Far more than that.
const PLENTY_BYTES: u64 = 1 << 30;

fn set_small_buffers(socket: &Socket) {
    socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES).unwrap();
    socket.set_send_buffer_size(SOCKET_BUFFER_BYTES).unwrap();
}

/// Connections of this listener have small buffers in the system.
fn listen_with_small_buffers() -> TcpListener {
    let listener = listen();
    set_small_buffers(&SockRef::from(&listener));
    listener
}

fn connect_with_small_buffers(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    set_small_buffers(&socket);
    socket.connect(&address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

async fn echo(request: Request<Incoming>) -> Response<Body> {
    Response::new(Body::stream(request.into_body()))
}

#[test]
fn a_body_comes_back_chunk_by_chunk() {
    let counts = with_server(&Server::new(), echo, |address| {
        let mut stream = connect(address);
        let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        assert_status(&read_head(&mut stream), "200");
        for _ in 0..3 {
            // The next chunk is sent when the echo of the one before has come.
            stream.write_all(b"5\r\nhello\r\n").unwrap();
            let mut chunk = [0; 10];
            stream.read_exact(&mut chunk).unwrap();
            assert_eq!(&chunk, b"5\r\nhello\r\n");
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
        let mut end = [0; 5];
        stream.read_exact(&mut end).unwrap();
        assert_eq!(&end, b"0\r\n\r\n");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_producer_stops_at_a_bound_while_the_client_reads_nothing() {
    let written = on_each_driver(|| async {
        let written = Rc::new(Cell::new(0));
        let ended = Rc::new(RefCell::new(None));
        let listener = listen_with_small_buffers();
        let address = listener.local_addr().unwrap();
        let (counted, producer) = (written.clone(), ended.clone());
        // The server gives up when nothing has moved for a while: that is how the test knows.
        let server = Server::new().write_timeout(4 * SHORT);
        let serving = server.serve(listener, move |_| {
            let (mut writer, body) = Body::channel();
            let counted = counted.clone();
            producer.replace(Some(synodic::spawn_local(async move {
                while counted.get() < PLENTY_BYTES {
                    writer.write(vec![0; 16 * 1024]).await?;
                    counted.set(counted.get() + 16 * 1024);
                    assert!(writer.queued_bytes() < 80 * 1024);
                }
                writer.end();
                Ok::<(), BodyClosed>(())
            })));
            async { Response::new(body) }
        });
        let stream = off_thread(move || {
            let mut stream = connect_with_small_buffers(address);
            stream.write_all(get("/").as_bytes()).unwrap();
            read_head(&mut stream);
            stream
        });
        let stream = stream.await;
        let producer = ended.take().expect("the handler has started it");
        assert!(producer.await.is_err(), "it was told that nobody reads");
        assert_eq!(serving.shutdown(PATIENCE).await.answered, 0);
        drop(stream);
        written.get()
    });
    for written in written {
        assert!(written > 0 && written < IN_FLIGHT_BYTES_MAX, "{written}");
    }
}

#[test]
fn an_upload_stops_at_a_bound_while_the_handler_reads_nothing() {
    let sent = on_each_driver(|| async {
        let listener = listen_with_small_buffers();
        let address = listener.local_addr().unwrap();
        let gate = Gate::default();
        let waiting = gate.clone();
        let serving = Server::new().serve(listener, move |request| {
            let waiting = waiting.clone();
            async move {
                waiting.opened().await;
                measure(request).await
            }
        });
        let remote = Handle::current().remote();
        GATE.set(Some(gate));
        let sent = off_thread(move || {
            let mut stream = connect_with_small_buffers(address);
            let sent = fill(&mut stream);
            // On the loop's thread.
            remote.post(|| GATE.take().unwrap().open()).unwrap();
            stream.set_write_timeout(None).unwrap();
            stream
                .write_all(&vec![0; (TOTAL_BYTES - sent) as usize])
                .unwrap();
            let answer = rest_of(stream);
            assert!(
                answer.ends_with(&format!("{TOTAL_BYTES} bytes")),
                "{answer}"
            );
            sent
        });
        let sent = sent.await;
        assert_eq!(serving.shutdown(PATIENCE).await.answered, 1);
        sent
    });
    for sent in sent {
        assert!(sent > 0 && sent < IN_FLIGHT_BYTES_MAX, "{sent}");
    }
}

/// The length of the upload below.
const TOTAL_BYTES: u64 = 16 * 1024 * 1024;

thread_local! {
    static GATE: Cell<Option<Gate>> = const { Cell::new(None) };
}

/// Lets those through who wait for it, once it is open.
#[derive(Clone, Default)]
struct Gate(Rc<RefCell<(bool, Vec<std::task::Waker>)>>);

impl Gate {
    async fn opened(&self) {
        std::future::poll_fn(|cx| {
            let mut gate = self.0.borrow_mut();
            if gate.0 {
                return std::task::Poll::Ready(());
            }
            gate.1.push(cx.waker().clone());
            std::task::Poll::Pending
        })
        .await;
    }

    fn open(&self) {
        let wakers = {
            let mut gate = self.0.borrow_mut();
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        wakers.into_iter().for_each(std::task::Waker::wake);
    }
}

/// Uploads until no more is taken for a while; returns how much of the body was.
fn fill(stream: &mut TcpStream) -> u64 {
    let close = "Connection: close";
    let head =
        format!("POST / HTTP/1.1\r\nHost: x\r\n{close}\r\nContent-Length: {TOTAL_BYTES}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_write_timeout(Some(4 * SHORT)).unwrap();
    let mut sent = 0;
    loop {
        match stream.write(&[0; 16 * 1024]) {
            Ok(count) => sent += count as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return sent,
            Err(error) => panic!("{error}"),
        }
        assert!(sent < TOTAL_BYTES, "nothing holds the client back");
    }
}

#[test]
fn a_writer_that_is_dropped_breaks_the_response_off() {
    let broken = |_| async {
        let (mut writer, body) = Body::channel();
        synodic::spawn_local(async move {
            writer.write("part").await?;
            Ok::<(), BodyClosed>(())
        });
        Response::new(body)
    };
    let counts = with_server(&Server::new(), broken, |address| {
        let answer = exchange(address, get("/"));
        // The last chunk, of length zero, is missing.
        assert_status(&answer, "200");
        assert!(!answer.contains("0\r\n\r\n"), "{answer}");
    });
    assert_counts(counts, 1, 0);
}

/// Writes "hello" after having announced the length in the path.
async fn announced(request: Request<Incoming>) -> Response<Body> {
    let (mut writer, body) = Body::channel();
    synodic::spawn_local(async move {
        writer.write("hello").await?;
        writer.end();
        Ok::<(), BodyClosed>(())
    });
    let mut response = Response::new(body);
    let len = request.uri().path()[1..].parse().unwrap();
    response.headers_mut().insert(header::CONTENT_LENGTH, len);
    response
}

#[test]
fn a_channel_keeps_to_an_announced_length() {
    let counts = with_server(&Server::new(), announced, |address| {
        let answer = exchange(address, get_and_close("/5"));
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
        // Less than announced: the client sees it by the end of the connection.
        let answer = exchange(address, get("/9"));
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    });
    for counts in counts {
        assert_eq!((counts.read, counts.connections), (2, 0));
    }
}

#[test]
fn a_file_is_sent_whole() {
    let source = include_str!("http_bodies.rs");
    let file = |_| async {
        let file = fs::File::open(file!()).await.unwrap();
        let len = file.metadata().await.unwrap().len();
        Response::new(Body::file(file, 0..len))
    };
    let counts = with_server(&Server::new(), file, move |address| {
        let answer = exchange(address, get_and_close("/"));
        assert!(answer.ends_with(source), "{answer}");
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_client_that_expects_100_is_told_to_go_on_when_the_handler_reads() {
    let counts = with_server(&Server::new(), measure, |address| {
        let mut stream = connect(address);
        let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(b"Content-Length: 2\r\n\r\n").unwrap();
        assert_eq!(read_head(&mut stream), "HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"ab").unwrap();
        assert!(rest_of(stream).ends_with("2 bytes"));
    });
    assert_counts(counts, 1, 1);
}

#[test]
fn a_body_is_collected_up_to_a_limit() {
    let collect = |request: Request<Incoming>| async {
        match request.into_body().collect(10).await {
            Ok(bytes) => Response::new(Body::from(bytes)),
            Err(error) => Response::new(Body::from(error.to_string())),
        }
    };
    let counts = with_server(&Server::new(), collect, |address| {
        let post = |body: &str| {
            let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
            format!("{head}{body}0\r\n\r\n")
        };
        assert!(exchange(address, post("")).ends_with("\r\n\r\n"));
        assert!(exchange(address, post("3\r\nabc\r\n7\r\ndefghij\r\n")).ends_with("abcdefghij"));
        assert_status(
            &exchange(address, post("3\r\nabc\r\n8\r\ndefghijk\r\n")),
            "413",
        );
    });
    assert_counts(counts, 3, 3);
}
