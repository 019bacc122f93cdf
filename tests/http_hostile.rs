//! Clients that mean no good: what becomes of their connections, and that nothing of them is left,
//! on both drivers. The tests count the descriptors of the process, so one runs at a time.
#![cfg(feature = "http")]

mod http_support;

use std::cell::{Cell, RefCell};
use std::fs;
use std::future::{Future, pending};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_support::*;
use socket2::SockRef;
use synodic::http::{Body, BodyClosed, Counts, Incoming, Request, Response, Server};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The descriptors of the process, but for files: the C library opens some for a moment when a
/// thread of another test starts.
fn open_descriptors() -> usize {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap();
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.is_relative()).count()
}

/// Runs `clients` on a thread of their own against a server on each driver. When all connections
/// have ended, as many descriptors are open as before the first, and in the end as before there was
/// a loop.
fn against<H, F>(
    server: &Server,
    handler: impl Fn() -> H,
    clients: impl Fn(SocketAddr) + Copy + Send + 'static,
) -> [Counts; 2]
where
    H: Fn(Request<Incoming>) -> F + 'static,
    F: Future<Output = Response<Body>> + 'static,
{
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    DRIVERS.map(|driver| {
        let before = open_descriptors();
        let (server, handler) = (server.clone(), handler());
        let counts = on_driver(driver, async move {
            let listener = listen();
            let address = listener.local_addr().unwrap();
            let serving = server.serve(listener, handler);
            let idle = open_descriptors();
            off_thread(move || clients(address)).await;
            until(|| serving.counts().connections == 0 && open_descriptors() == idle).await;
            serving.shutdown(PATIENCE).await
        });
        // A thread that has worked for a loop lets go of its wake descriptor a moment later.
        let start = Instant::now();
        while open_descriptors() != before {
            assert!(start.elapsed() < PATIENCE, "descriptors are left");
            std::thread::yield_now();
        }
        counts
    })
}

/// Turns the loop until something is so.
async fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < PATIENCE,
            "what is waited for does not come"
        );
        synodic::timers::immediate().await;
    }
}

/// Closes a connection by a reset.
fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(stream);
}

/// Sends a byte whenever nothing has come for a moment; returns what comes in the end.
fn dribble(mut stream: TcpStream, bytes: &[u8]) -> String {
    stream.set_read_timeout(Some(SHORT / 10)).unwrap();
    let mut answer = Vec::new();
    for byte in bytes.iter().cycle() {
        match stream.read_to_end(&mut answer) {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        // The server may just have closed: what it said is read next.
        let _ = stream.write(&[*byte]);
    }
    String::from_utf8(answer).unwrap()
}

#[test]
fn clients_that_dribble_their_heads_are_answered_408() {
    let server = Server::new().headers_timeout(4 * SHORT);
    let counts = against(
        &server,
        || hello,
        |address| {
            let streams: Vec<_> = (0..8).map(|_| connect(address)).collect();
            let threads = streams.into_iter().map(|mut stream| {
                std::thread::spawn(move || {
                    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
                    dribble(stream, b"A: b\r\n")
                })
            });
            for thread in threads.collect::<Vec<_>>() {
                assert_status(&thread.join().unwrap(), "408");
            }
        },
    );
    assert_counts(counts, 0, 0);
}

#[test]
fn a_client_that_dribbles_its_body_is_answered_408() {
    let server = Server::new().request_timeout(4 * SHORT);
    let counts = against(
        &server,
        || measure,
        |address| {
            let mut stream = connect(address);
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            assert_status(&dribble(stream, b"a"), "408");
        },
    );
    assert_counts(counts, 1, 1);
}

/// Writes until nobody takes any more, and notes that it was told.
fn endless(
    told: Rc<Cell<u32>>,
) -> impl Fn(Request<Incoming>) -> std::future::Ready<Response<Body>> {
    move |_| {
        let (mut writer, body) = Body::channel();
        let told = told.clone();
        synodic::spawn_local(async move {
            while writer.write(vec![0; 64 * 1024]).await != Err(BodyClosed) {}
            told.set(told.get() + 1);
        });
        std::future::ready(Response::new(body))
    }
}

#[test]
fn a_peer_that_resets_in_the_midst_of_a_response_ends_its_producer() {
    let told = Rc::new(Cell::new(0));
    let counts = against(
        &Server::new(),
        || endless(told.clone()),
        |address| {
            for _ in 0..10 {
                let mut stream = connect(address);
                stream.write_all(get("/").as_bytes()).unwrap();
                stream.read_exact(&mut [0; 100_000]).unwrap();
                reset(stream);
            }
        },
    );
    assert_counts(counts, 10, 0);
    assert_eq!(told.get(), 20);
}

/// Never answers, and notes when it is dropped.
fn never(dropped: Rc<Cell<u32>>) -> impl Fn(Request<Incoming>) -> Never {
    struct Note(Rc<Cell<u32>>);
    impl Drop for Note {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    move |_| {
        let note = Note(dropped.clone());
        Box::pin(async move {
            let _note = note;
            pending().await
        })
    }
}

type Never = std::pin::Pin<Box<dyn Future<Output = Response<Body>>>>;

#[test]
fn a_peer_that_resets_while_it_waits_ends_its_handler() {
    let dropped = Rc::new(Cell::new(0));
    let counts = against(
        &Server::new(),
        || never(dropped.clone()),
        |address| {
            for _ in 0..10 {
                let mut stream = connect(address);
                stream.write_all(get("/").as_bytes()).unwrap();
                reset(stream);
            }
        },
    );
    assert_eq!(counts.map(|counts| counts.answered), [0, 0]);
    let read: u64 = counts.iter().map(|counts| counts.read).sum();
    assert_eq!(u64::from(dropped.get()), read);
}

#[test]
fn a_peer_that_resets_in_the_midst_of_its_upload_is_forgotten() {
    let counts = against(
        &Server::new(),
        || measure,
        |address| {
            for _ in 0..10 {
                let mut stream = connect(address);
                let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&[0; 1000]).unwrap();
                reset(stream);
            }
        },
    );
    assert_eq!(counts.map(|counts| counts.connections), [0, 0]);
}

#[test]
fn a_client_that_shuts_its_sending_side_down_gets_its_answer_whole() {
    const CHUNKS: usize = 128;
    let large = |_| async {
        let (mut writer, body) = Body::channel();
        synodic::spawn_local(async move {
            for number in 0..CHUNKS {
                writer
                    .write(vec![b'0' + (number % 10) as u8; 64 * 1024])
                    .await?;
            }
            writer.end();
            Ok::<(), BodyClosed>(())
        });
        Response::new(body)
    };
    let counts = against(
        &Server::new(),
        || large,
        |address| {
            let mut stream = connect(address);
            stream
                .write_all(get("/").replace("1.1", "1.0").as_bytes())
                .unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let answer = rest_of(stream);
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            assert_eq!(body.len(), CHUNKS * 64 * 1024);
            for (number, chunk) in body.as_bytes().chunks(64 * 1024).enumerate() {
                assert!(chunk.iter().all(|byte| *byte == b'0' + (number % 10) as u8));
            }
        },
    );
    assert_counts(counts, 1, 1);
}

#[test]
fn connections_that_say_nothing_are_gone_when_their_clients_are() {
    let counts = against(
        &Server::new(),
        || hello,
        |address| {
            let streams: Vec<_> = (0..50).map(|_| connect(address)).collect();
            drop(streams);
        },
    );
    assert_counts(counts, 0, 0);
}

#[test]
fn a_request_that_is_refused_leaves_nothing_behind() {
    let server = Server::new().max_body_size(10).keep_alive_timeout(SHORT);
    let counts = against(
        &server,
        || measure,
        |address| {
            let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
            assert_status(&exchange(address, "nonsense\r\n\r\n"), "400");
            assert_status(&exchange(address, format!("{chunked}x\r\n")), "400");
            assert_status(
                &exchange(address, format!("{chunked}ff\r\n{}", "a".repeat(255))),
                "413",
            );
            let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(100_000));
            assert_status(&exchange(address, long), "431");
        },
    );
    assert_counts(counts, 2, 2);
}

#[test]
fn a_body_that_outlives_its_handler_does_not_keep_the_connection() {
    let keep = || {
        let kept = RefCell::new(Vec::new());
        move |request: Request<Incoming>| {
            kept.borrow_mut().push(request.into_body());
            std::future::ready(Response::new(Body::from("hello")))
        }
    };
    let counts = against(&Server::new(), keep, |address| {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n";
        let mut stream = connect(address);
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let answer = rest_of(stream);
        assert!(answer.ends_with("hello"), "{answer}");
    });
    assert_counts(counts, 1, 1);
}
