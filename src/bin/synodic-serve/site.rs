//! What is served: which path answers with what.

use std::io;

use synodic::event_loop::Handle;
use synodic::http::{Body, Counts, Incoming, Method, Request, Response, StatusCode, header};
use synodic::perf_hooks::event_loop_utilization;

use crate::folder::{Folder, Found};
use crate::pages::Pages;

/// The built-in pages, or the files of a folder.
pub(crate) enum Site {
    Pages(Pages),
    Folder(Folder),
}

impl Site {
    pub(crate) async fn answer(
        &self,
        request: &Request<Incoming>,
        counts: Counts,
    ) -> Response<Body> {
        let (method, path) = (request.method(), request.uri().path());
        if method != Method::GET && method != Method::HEAD {
            let refused = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
            return with(refused, header::ALLOW, "GET, HEAD");
        }
        if path == "/stats" {
            let stats = Response::new(Body::from(stats(counts)));
            return with(stats, header::CONTENT_TYPE, "application/json");
        }
        match self.find(path).await {
            Ok(Found::File(representation)) => representation.answer(method, request.headers()),
            Ok(Found::Folder) => {
                let moved = plain(
                    StatusCode::MOVED_PERMANENTLY,
                    "a folder ends with a slash\n",
                );
                with(moved, header::LOCATION, &format!("{path}/"))
            }
            Ok(Found::Nothing) => plain(StatusCode::NOT_FOUND, "not found\n"),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                plain(StatusCode::FORBIDDEN, "forbidden\n")
            }
            Err(_) => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the file cannot be read\n",
            ),
        }
    }

    async fn find(&self, path: &str) -> io::Result<Found> {
        match self {
            Self::Pages(pages) => Ok(pages.find(path).map_or(Found::Nothing, Found::File)),
            Self::Folder(folder) => folder.find(path).await,
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    with(response, header::CONTENT_TYPE, "text/plain; charset=utf-8")
}

/// Adds a header; a value that cannot stand in one is left out.
fn with(mut response: Response<Body>, name: header::HeaderName, value: &str) -> Response<Body> {
    if let Ok(value) = header::HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// What the loop and the server have done, as JSON.
fn stats(counts: Counts) -> String {
    let handle = Handle::current();
    let metrics = handle.metrics();
    let rss = synodic::process::memory_usage().map_or(0, |usage| usage.rss);
    format!(
        "{{\"driver\":\"{}\",\"read\":{},\"answered\":{},\"connections\":{},\
         \"iterations\":{},\"system_calls\":{},\"idle_ms\":{},\"utilization\":{:.4},\
         \"rss\":{rss}}}\n",
        handle.driver().kind(),
        counts.read,
        counts.answered,
        counts.connections,
        metrics.iterations,
        metrics.system_calls,
        metrics.idle.as_millis(),
        event_loop_utilization().utilization,
    )
}
