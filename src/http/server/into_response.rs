//! What a handler may return.

use hyper::{Response, StatusCode};
use synodic_loop::{Reason, spawn_local};

use super::super::body::Body;

/// What a handler answers with: a response, or a `Result` of one, so that `?` works.
///
/// An `Err` is an unhandled rejection, as that of an async handler in Node: it is reported, and ends
/// the program unless [`on_unhandled_rejection`](crate::event_loop::Handle::on_unhandled_rejection)
/// listens. The client is answered with 500 and learns nothing of the reason. What is the client's
/// own doing, such as a file that is not there, is for the handler to answer.
///
/// # Examples
///
/// ```
/// use std::io;
/// use synodic::fs::File;
/// use synodic::http::{Body, Incoming, Request, Response};
///
/// async fn readme(_request: Request<Incoming>) -> io::Result<Response<Body>> {
///     let file = File::open("README.md").await?;
///     let len = file.metadata().await?.len();
///     Ok(Response::new(Body::file(file, 0..len)))
/// }
/// # let _ = readme;
/// ```
pub trait IntoResponse {
    /// The response, or why there is none.
    ///
    /// # Errors
    ///
    /// What the handler returned as `Err`.
    fn into_response(self) -> Result<Response<Body>, Reason>;
}

impl IntoResponse for Response<Body> {
    fn into_response(self) -> Result<Response<Body>, Reason> {
        Ok(self)
    }
}

impl<E: Into<Reason>> IntoResponse for Result<Response<Body>, E> {
    fn into_response(self) -> Result<Response<Body>, Reason> {
        self.map_err(Into::into)
    }
}

/// What the client gets. An `Err` goes to those who listen for rejections.
pub(super) fn response_of(answer: impl IntoResponse) -> Response<Body> {
    answer.into_response().unwrap_or_else(|reason| {
        // Nobody holds the task, so its rejection is unhandled.
        drop(spawn_local(async { Err::<(), Reason>(reason) }));
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
