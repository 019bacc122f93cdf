//! What is served.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use percent_encoding::percent_decode_str;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use synodic::event_loop::Handle;
use synodic::fs::File;
use synodic::http::{Body, Counts, Incoming, Method, Request, Response, StatusCode, header};

const INDEX: &str = "<!doctype html>
<title>Synodic</title>
<h1>It works</h1>
<p>This page is served by Synodic's own event loop. What the loop has done so far:
<a href=\"/stats\">/stats</a>.
";

/// The built-in page, or the files of a folder.
pub(crate) enum Site {
    Page,
    Folder(OwnedFd),
}

impl Site {
    pub(crate) fn folder(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        Ok(Self::Folder(rustix::fs::open(path, flags, Mode::empty())?))
    }

    pub(crate) async fn answer(
        &self,
        request: &Request<Incoming>,
        counts: Counts,
    ) -> Response<Body> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
            response
                .headers_mut()
                .insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let path = request.uri().path();
        if path == "/stats" {
            return typed("application/json", Body::from(stats(counts)));
        }
        match self {
            Self::Page if path == "/" => typed("text/html; charset=utf-8", Body::from(INDEX)),
            Self::Page => not_found(),
            Self::Folder(folder) => match file(folder, path).await {
                Ok(response) => response,
                Err(error) => refusal(&error),
            },
        }
    }
}

async fn file(folder: &OwnedFd, path: &str) -> io::Result<Response<Body>> {
    let Some(name) = file_name(path) else {
        return Ok(not_found());
    };
    // The kernel itself refuses whatever leads out of the folder, links among them. A pipe must not
    // wait for its other end.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let fd = rustix::fs::openat2(folder, &name, flags, Mode::empty(), resolve)?;
    let file = File::from_fd(fd);
    let metadata = file.metadata().await?;
    if !metadata.is_file() {
        return Ok(not_found());
    }
    let kind = mime_guess::from_path(&name).first_or_octet_stream();
    Ok(typed(kind.as_ref(), Body::file(file, metadata.len())))
}

/// The name of a file in the folder, of a path in a URL; `None` when there can be none.
fn file_name(path: &str) -> Option<String> {
    let path = percent_decode_str(path.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    let leads_away =
        path.starts_with('/') || path.contains('\0') || path.split('/').any(|part| part == "..");
    let index = if path.is_empty() || path.ends_with('/') {
        "index.html"
    } else {
        ""
    };
    (!leads_away).then(|| format!("{path}{index}"))
}

fn refusal(error: &io::Error) -> Response<Body> {
    use rustix::io::Errno;
    match Errno::from_io_error(error) {
        // `XDEV` is a path that leads out of the folder.
        Some(
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::ISDIR
            | Errno::NAMETOOLONG
            | Errno::XDEV
            | Errno::LOOP
            | Errno::NXIO,
        ) => not_found(),
        Some(Errno::ACCESS | Errno::PERM) => plain(StatusCode::FORBIDDEN, "forbidden\n"),
        _ => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the file cannot be read\n",
        ),
    }
}

fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "not found\n")
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = typed("text/plain; charset=utf-8", Body::from(text));
    *response.status_mut() = status;
    response
}

fn typed(kind: &str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    if let Ok(kind) = header::HeaderValue::from_str(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// What the loop and the server have done, as JSON.
fn stats(counts: Counts) -> String {
    let handle = Handle::current();
    let metrics = handle.metrics();
    let rss = synodic::process::memory_usage().map_or(0, |usage| usage.rss);
    format!(
        "{{\"driver\":\"{:?}\",\"read\":{},\"answered\":{},\"connections\":{},\
         \"iterations\":{},\"system_calls\":{},\"idle_ms\":{},\"rss\":{rss}}}\n",
        handle.driver().kind(),
        counts.read,
        counts.answered,
        counts.connections,
        metrics.iterations,
        metrics.system_calls,
        metrics.idle.as_millis(),
    )
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_stay_in_the_folder() {
        assert_eq!(file_name("/a/b.txt").as_deref(), Some("a/b.txt"));
        assert_eq!(file_name("/a%20b").as_deref(), Some("a b"));
        assert_eq!(file_name("/").as_deref(), Some("index.html"));
        assert_eq!(file_name("/a/").as_deref(), Some("a/index.html"));
        for path in [
            "/../x",
            "/a/%2e%2e/x",
            "/a%2f..%2fx",
            "//etc",
            "/a%00",
            "/%ff",
            "*",
        ] {
            assert_eq!(file_name(path), None, "{path}");
        }
    }
}
