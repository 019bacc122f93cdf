//! Goal: files, connections, pipes and bodies are ends of pipelines. Method: pipelines between real ones.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;

use synodic::buffers::Buffer;
use synodic::child_process::{Command, Stdio};
use synodic::fs::{self, File};
use synodic::http::{Body, Client, Incoming, Request, Response, Server};
use synodic::net::{TcpListener, TcpStream, UnixStream};
use synodic::pipe::pipe;
use synodic::stream::{
    AbortController, Error, Source, from_iter, pipeline, read_from, try_from_iter, write_to,
};
use synodic::zlib::{Compressor, Decompressor};
use synodic::{Runtime, spawn_local};

fn run(main: impl Future<Output = ()> + 'static) {
    let status = Runtime::new().unwrap().run(main);
    assert_eq!(status.code(), 0);
}

fn any() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// Bytes that do not repeat soon.
fn bytes(len: usize) -> Vec<u8> {
    (0..len as u32)
        .map(|index| (index.wrapping_mul(0x9e37_79b9) >> (index % 24)) as u8)
        .collect()
}

/// A file that is removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("synodic-stream-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It is not there when the test failed before.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_file_goes_through_gzip_and_a_process_to_a_file() {
    let (from, to) = (Place::new("from"), Place::new("to"));
    let (from_path, to_path) = (from.0.clone(), to.0.clone());
    let content = bytes(1 << 20);
    std::fs::write(&from_path, &content).unwrap();
    run(async move {
        let command = Command::new("gzip").arg("-dc");
        let command = command.stdin(Stdio::Piped).stdout(Stdio::Piped);
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let file = File::open(&from_path).await.unwrap();
        let feeding = spawn_local(async move {
            let stages = (read_from(file), Compressor::gzip(1), write_to(stdin));
            pipeline(stages).await
        });
        let file = File::create(&to_path).await.unwrap();
        let totals = pipeline((read_from(stdout), write_to(file))).await.unwrap();
        assert_eq!(totals.units, 1 << 20);
        feeding.await.unwrap();
        assert!(child.wait().await.unwrap().success());
        assert!(fs::read(&to_path).await.unwrap() == content);
    });
    drop((from, to));
}

#[test]
fn connections_carry_what_is_put_in_until_they_are_shut_down() {
    run(async {
        let listener = TcpListener::bind(any()).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let server = Rc::new(listener.accept().await.unwrap());
        let echo =
            spawn_local(
                async move { pipeline((read_from(server.clone()), write_to(server))).await },
            );
        let client = Rc::new(client);
        // Small and large ones, and empty ones, which would end nothing.
        let pieces: Vec<Buffer> = (0..200_usize)
            .map(|index| Buffer::from(bytes(index * index * 3 % 40_000)))
            .collect();
        let expected = Buffer::concat(&pieces);
        let sending =
            spawn_local(pipeline((from_iter(pieces), write_to(client.clone()))).into_future());
        let mut echoed = Vec::new();
        pipeline((read_from(client), &mut echoed)).await.unwrap();
        sending.await.unwrap();
        assert_eq!(echo.await.unwrap().units, expected.len() as u64);
        assert!(Buffer::concat(&echoed) == expected);
    });
}

#[test]
fn a_writer_waits_for_its_reader() {
    run(async {
        let (one, other) = UnixStream::pair().unwrap();
        let taken = Rc::new(std::cell::Cell::new(0_usize));
        let count = taken.clone();
        let endless = from_iter(std::iter::repeat_with(move || {
            count.set(count.get() + 1);
            Buffer::from(vec![0; 1000])
        }));
        let stop = AbortController::new();
        let signal = stop.signal();
        let sending = spawn_local(async move {
            let error = pipeline((endless, write_to(one)))
                .signal(&signal)
                .await
                .unwrap_err();
            assert_eq!(error.code(), "ABORT_ERR");
        });
        // Nobody reads: the kernel's buffer and two writes fill, and then nothing more is taken.
        let mut before = usize::MAX;
        while taken.get() != before {
            before = taken.get();
            for _ in 0..20 {
                synodic::timers::immediate().await;
            }
        }
        assert!((100..2000).contains(&before), "{before}");
        stop.abort();
        sending.await.unwrap();
        // What was sent before is there, and then the end.
        let mut rest = Vec::new();
        pipeline((read_from(other), &mut rest)).await.unwrap();
        assert!(Buffer::concat(&rest).len() <= before * 1000);
    });
}

#[test]
fn a_broken_pipe_ends_its_pipeline_with_the_stage() {
    run(async {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let zeros = from_iter(std::iter::repeat_with(|| Buffer::from(vec![0; 1000])));
        let stages = (zeros, Compressor::deflate_raw(0), write_to(writer));
        let error = pipeline(stages).await.unwrap_err();
        assert_eq!(error.stage(), Some(2));
        let reason = error.downcast_ref::<std::io::Error>().unwrap();
        assert_eq!(reason.kind(), std::io::ErrorKind::BrokenPipe);
    });
}

async fn serve(request: Request<Incoming>) -> Response<Body> {
    let body = request.into_body();
    Response::new(Body::source(body.through(Compressor::gzip(6))))
}

#[test]
fn bodies_are_sources_and_sinks() {
    run(async {
        let listener = TcpListener::bind(any()).unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = Server::new().serve(listener, serve);
        let client = Client::new();
        let (writer, body) = Body::channel();
        let content = bytes(300_000);
        let source = from_iter(
            content
                .chunks(7_000)
                .map(Buffer::copy_from_slice)
                .collect::<Vec<_>>(),
        );
        let uploading = spawn_local(async move { pipeline((source, writer)).await });
        let request = Request::post(format!("http://127.0.0.1:{port}/"))
            .body(body)
            .unwrap();
        let response = client.request(request).await.unwrap();
        let unpacked = response.into_body().through(Decompressor::gzip());
        let unpacked = Buffer::concat(&unpacked.to_vec().await.unwrap());
        assert!(*unpacked == content[..]);
        assert_eq!(uploading.await.unwrap().units, 300_000);
        // A source that fails breaks its message off.
        let (writer, body) = Body::channel();
        let torn = try_from_iter([Ok(Buffer::from_static(b"half")), Err(Error::other("torn"))]);
        let uploading = spawn_local(async move {
            let error = pipeline((torn, writer)).await.unwrap_err();
            assert_eq!(
                (error.to_string().as_str(), error.stage()),
                ("torn", Some(0))
            );
        });
        let request = Request::post(format!("http://127.0.0.1:{port}/"))
            .body(body)
            .unwrap();
        match client.request(request).await {
            Ok(response) => assert!(response.into_body().to_vec().await.is_err()),
            Err(error) => drop(error),
        }
        uploading.await.unwrap();
        drop(client);
        serving.shutdown(std::time::Duration::from_secs(10)).await;
    });
}
