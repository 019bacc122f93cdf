//! The command `synodic-serve`, from outside.
#![cfg(feature = "serve")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use synodic::Runtime;
use synodic::buffers::Buffer;
use synodic::http::{Body, Client, Incoming, Request, Response};
use synodic::stream::Source;
use synodic::zlib::Decompressor;

/// How long a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that load the server.
const CLIENTS: usize = 32;
const DRIVERS: [&str; 2] = ["io_uring", "epoll"];

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synodic-serve"));
    command.args(args).stdin(Stdio::null());
    command
}

fn output(args: &[&str]) -> (Output, String) {
    let output = command(args).output().unwrap();
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    (output, text)
}

struct Served {
    process: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
    /// The line that it printed at its start.
    line: String,
}

impl Served {
    fn start(args: &[&str]) -> Self {
        let mut process = command(args)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.split(' ').next().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        Self {
            process,
            stdout,
            address,
            line,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    /// The whole answer to a request with further header lines.
    fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        let mut stream = self.connect();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a signal, and returns how the process ended and what it printed last.
    fn end(mut self, signal: &str) -> (ExitStatus, String) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap(), rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_page_and_the_numbers_are_served_on_both_drivers() {
    for driver in DRIVERS {
        let served = Served::start(&["--driver", driver]);
        assert!(served.line.contains(driver), "{}", served.line);
        assert!(served.get("/").contains("<h1>It works</h1>"));
        assert!(served.get("/nothing").starts_with("HTTP/1.1 404 "));
        let stats = served.get("/stats");
        assert!(
            stats.contains(&format!("{{\"driver\":\"{driver}\",")),
            "{stats}"
        );
        assert!(
            stats.contains("\"read\":3,\"answered\":2,\"connections\":1,"),
            "{stats}"
        );
        // A connection that stays open and silent does not hold up the end.
        let silent = served.connect();
        let (status, rest) = served.end("TERM");
        assert_eq!(
            (status.code(), rest.as_str()),
            (Some(0), "read 3, answered 3\n")
        );
        drop(silent);
    }
}

/// Answers that each client gets before the server is told to end.
const WARM_ANSWERS: u64 = 20;

/// Asks for the page on one connection until the server closes it, and says so when it is warm;
/// returns how many whole answers came. An answer that is cut short is a failure.
fn ask_until_closed(mut stream: TcpStream, warm: &mpsc::Sender<()>) -> u64 {
    let mut answers = 0;
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        // The server may have closed already: that shows in what is read.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        let (mut len, mut line) = (None, String::new());
        // A reset instead of a first line is a server that closed while the request was on its way.
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return answers;
        }
        while line != "\r\n" {
            if let Some(value) = line.strip_prefix("content-length: ") {
                len = Some(value.trim().parse().unwrap());
            }
            line.clear();
            assert_ne!(
                reader.read_line(&mut line).unwrap(),
                0,
                "cut short in the head"
            );
        }
        let mut body = vec![0; len.unwrap()];
        reader.read_exact(&mut body).unwrap();
        answers += 1;
        if answers == WARM_ANSWERS {
            warm.send(()).unwrap();
        }
    }
}

#[test]
fn an_end_under_load_cuts_no_answer_short() {
    for driver in DRIVERS {
        let served = Served::start(&["--driver", driver]);
        let (warm, warmed) = mpsc::channel();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| (served.connect(), warm.clone()))
            .map(|(stream, warm)| std::thread::spawn(move || ask_until_closed(stream, &warm)))
            .collect();
        for _ in 0..CLIENTS {
            warmed.recv_timeout(PATIENCE).unwrap();
        }
        let (status, rest) = served.end("TERM");
        let answers: u64 = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum();
        assert!(answers > 0);
        let expected = format!("read {answers}, answered {answers}\n");
        assert_eq!((status.code(), rest), (Some(0), expected), "{driver}");
    }
}

#[test]
fn an_interrupt_ends_it_as_well() {
    let (status, rest) = Served::start(&[]).end("INT");
    assert_eq!(
        (status.code(), rest.as_str()),
        (Some(0), "read 0, answered 0\n")
    );
}

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn no_path_leads_out_of_the_root() {
    let root = folder("site");
    std::fs::create_dir(root.join("folder")).unwrap();
    std::fs::write(root.join("index.html"), "the index").unwrap();
    std::fs::write(root.join("folder/a b.txt"), "a text").unwrap();
    let large = "0123456789abcdef".repeat(20_000);
    std::fs::write(root.join("large"), &large).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.join("link")).unwrap();
    for driver in DRIVERS {
        let served = Served::start(&["--driver", driver, "--root", root.to_str().unwrap()]);
        assert!(served.get("/").ends_with("\r\n\r\nthe index"));
        let text = served.get("/folder/a%20b.txt");
        assert!(text.ends_with("\r\n\r\na text"), "{text}");
        assert!(text.contains("content-type: text/plain"), "{text}");
        assert!(served.get("/large").ends_with(&large));
        let moved = served.get("/folder");
        assert!(moved.starts_with("HTTP/1.1 301 "), "{moved}");
        assert!(moved.contains("location: /folder/\r\n"), "{moved}");
        for path in [
            "/../Cargo.toml",
            "/folder/%2e%2e/%2e%2e/x",
            "/..%2fx",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/index.html%00",
            "/%ff",
            "/link",
            "/folder/",
            "/index.html/",
        ] {
            let answer = served.get(path);
            assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        }
        let (status, _) = served.end("TERM");
        assert_eq!(status.code(), Some(0));
    }
}

/// The value of a header in an answer.
fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_else(|| panic!("no {name} in {head}"))
}

fn assert_answer(answer: &str, status: u16, body: &str) {
    let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    assert_eq!(rest, body, "{head}");
}

#[test]
fn a_part_of_a_file_is_served_alone() {
    let root = folder("ranges");
    std::fs::write(root.join("digits"), "0123456789").unwrap();
    for driver in DRIVERS {
        let served = Served::start(&["--driver", driver, "--root", root.to_str().unwrap()]);
        let whole = served.get("/digits");
        assert_answer(&whole, 200, "0123456789");
        assert_eq!(header(&whole, "accept-ranges"), "bytes");
        let ask = |headers: &str| served.ask("GET", "/digits", headers);
        for (range, part, content_range) in [
            ("2-4", "234", "bytes 2-4/10"),
            ("7-", "789", "bytes 7-9/10"),
            ("-2", "89", "bytes 8-9/10"),
            ("0-999", "0123456789", "bytes 0-9/10"),
        ] {
            let answer = ask(&format!("Range: bytes={range}\r\n"));
            assert_answer(&answer, 206, part);
            assert_eq!(header(&answer, "content-range"), content_range);
        }
        let answer = ask("Range: bytes=10-\r\n");
        assert_answer(&answer, 416, "");
        assert_eq!(header(&answer, "content-range"), "bytes */10");
        assert_answer(&ask("Range: bytes=4-2\r\n"), 200, "0123456789");
        let etag = header(&whole, "etag");
        let fresh = format!("Range: bytes=0-0\r\nIf-Range: {etag}\r\n");
        assert_answer(&ask(&fresh), 206, "0");
        let stale = "Range: bytes=0-0\r\nIf-Range: \"other\"\r\n";
        assert_answer(&ask(stale), 200, "0123456789");
        let head = served.ask("HEAD", "/digits", "Range: bytes=0-0\r\n");
        assert_answer(&head, 200, "");
        assert_eq!(header(&head, "content-length"), "10");
    }
}

/// Asks for `path` and takes the answer apart, which may be in chunks, with a client of HTTP.
async fn fetch(address: &str, path: &str, headers: &[(&str, &str)]) -> Response<Incoming> {
    let mut request = Request::get(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::default()).unwrap();
    Client::new().request(request).await.unwrap()
}

async fn unpacked(response: Response<Incoming>, coding: &str) -> Vec<u8> {
    let decompressor = match coding {
        "br" => Decompressor::brotli(),
        "zstd" => Decompressor::zstd().unwrap(),
        "gzip" => Decompressor::gzip(),
        other => panic!("{other}"),
    };
    let pieces = response.into_body().through(decompressor).to_vec().await;
    Buffer::concat(&pieces.unwrap()).to_vec()
}

#[test]
fn a_text_is_compressed_for_whoever_accepts_it() {
    let root = folder("codings");
    let text = "all work and no play makes Jack a dull boy\n".repeat(5000);
    std::fs::write(root.join("text.html"), &text).unwrap();
    std::fs::write(root.join("picture.png"), &text).unwrap();
    std::fs::write(root.join("short.txt"), "short").unwrap();
    for driver in DRIVERS {
        let served = Served::start(&["--driver", driver, "--root", root.to_str().unwrap()]);
        let (address, text) = (served.address.clone(), text.clone());
        let status = Runtime::new().unwrap().run(async move {
            let plain = fetch(&address, "/text.html", &[]).await;
            let header = |response: &Response<Incoming>, name: &str| {
                let value = response.headers().get(name)?;
                Some(value.to_str().unwrap().to_owned())
            };
            assert_eq!(header(&plain, "content-encoding"), None);
            assert_eq!(header(&plain, "vary").unwrap(), "accept-encoding");
            let mut tags = vec![header(&plain, "etag").unwrap()];
            for coding in ["br", "zstd", "gzip"] {
                let accept = ("accept-encoding", coding);
                let packed = fetch(&address, "/text.html", &[accept]).await;
                assert_eq!(header(&packed, "content-encoding").unwrap(), coding);
                assert_eq!(header(&packed, "content-type").unwrap(), "text/html");
                assert_eq!(header(&packed, "accept-ranges"), None);
                assert_eq!(header(&packed, "vary").unwrap(), "accept-encoding");
                let tag = header(&packed, "etag").unwrap();
                assert!(!tags.contains(&tag), "{tag}");
                assert!(unpacked(packed, coding).await == text.as_bytes());
                let has_it = ("if-none-match", tag.as_str());
                let same = fetch(&address, "/text.html", &[accept, has_it]).await;
                assert_eq!(same.status(), 304);
                let other = fetch(&address, "/text.html", &[has_it]).await;
                assert_eq!(other.status(), 200);
                tags.push(tag);
            }
            let accept = ("accept-encoding", "gzip, br");
            let part = fetch(&address, "/text.html", &[accept, ("range", "bytes=4-7")]).await;
            assert_eq!(part.status(), 206);
            assert_eq!(header(&part, "content-encoding"), None);
            assert_eq!(part.into_body().collect(10).await.unwrap(), *b"work");
            for path in ["/picture.png", "/short.txt"] {
                let response = fetch(&address, path, &[accept]).await;
                assert_eq!(header(&response, "content-encoding"), None);
                assert_eq!(header(&response, "vary"), None);
            }
        });
        assert_eq!(status.code(), 0);
    }
}

#[test]
fn a_client_that_has_the_file_is_told_so() {
    let root = folder("conditions");
    let path = root.join("file");
    for driver in DRIVERS {
        std::fs::write(&path, "first").unwrap();
        let served = Served::start(&["--driver", driver, "--root", root.to_str().unwrap()]);
        let whole = served.get("/file");
        let (etag, modified) = (header(&whole, "etag"), header(&whole, "last-modified"));
        let ask = |headers: &str| served.ask("GET", "/file", headers);
        for condition in [
            format!("If-None-Match: {etag}\r\n"),
            format!("If-None-Match: W/{etag}, \"other\"\r\n"),
            "If-None-Match: *\r\n".to_owned(),
            format!("If-Modified-Since: {modified}\r\n"),
        ] {
            let answer = ask(&condition);
            assert_answer(&answer, 304, "");
            assert_eq!(header(&answer, "etag"), etag);
        }
        for condition in [
            "If-Match: \"other\"\r\n",
            "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
        ] {
            assert_answer(&ask(condition), 412, "");
        }
        for condition in [
            // The tag says more than the time.
            format!("If-None-Match: \"other\"\r\nIf-Modified-Since: {modified}\r\n"),
            "If-Modified-Since: yesterday\r\n".to_owned(),
        ] {
            assert_answer(&ask(&condition), 200, "first");
        }
        std::fs::write(&path, "second").unwrap();
        assert_answer(&ask(&format!("If-None-Match: {etag}\r\n")), 200, "second");
    }
}

#[test]
fn the_built_in_pages_have_tags_too() {
    let served = Served::start(&[]);
    for path in ["/", "/style.css", "/stats.js", "/favicon.svg"] {
        let page = served.get(path);
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        let condition = format!("If-None-Match: {}\r\n", header(&page, "etag"));
        assert_answer(&served.ask("GET", path, &condition), 304, "");
    }
    let refused = served.ask("POST", "/", "Content-Length: 0\r\n");
    assert!(refused.starts_with("HTTP/1.1 405 "), "{refused}");
    assert_eq!(header(&refused, "allow"), "GET, HEAD");
}

#[test]
fn a_root_that_is_no_folder_is_one_line_and_code_1() {
    let (output, text) = output(&["--root", "/nowhere/at/all"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("/nowhere/at/all"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn bad_arguments_are_one_line_and_code_2() {
    let cases: [(&[&str], &str); 7] = [
        (&["--what"], "--what"),
        (&["--port", "x"], "--port is \"x\""),
        (&["--port", "99999"], "--port is \"99999\""),
        (&["--port"], "--port"),
        (&["--host", "localhost"], "--host is \"localhost\""),
        (&["--driver", "kqueue"], "kqueue"),
        (&["more"], "more"),
    ];
    for (args, named) in cases {
        let (output, text) = output(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text.contains(named), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn a_port_in_use_is_one_line_and_code_1() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let (output, text) = output(&["--port", &address.port().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains(&address.to_string()) && text.contains("in use"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}
