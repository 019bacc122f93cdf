//! Answers that the server gives by itself.

use hyper::header::{CONNECTION, EXPECT, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};

use super::super::body::Body;
use super::super::incoming::BodyError;

/// Why a request is answered without, or in spite of, its handler. The connection ends after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Malformed, or ended in its midst.
    BadRequest,
    /// The client took too long to send it.
    TimedOut,
    /// Its body is larger than allowed.
    TooLarge,
    /// It expects what the server does not know.
    ExpectationFailed,
    /// It asks for a tunnel.
    NotImplemented,
}

impl Refusal {
    /// What is wrong with the head of a request that hyper found well-formed.
    pub(super) fn of_head<B>(request: &Request<B>) -> Option<Self> {
        // RFC 9112, 3.2: exactly one, also when the target names the host itself.
        let hosts = request.headers().get_all(HOST).iter().count();
        if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
            return Some(Self::BadRequest);
        }
        // RFC 9112, 3.2.4.
        if request.uri().path() == "*" && request.method() != Method::OPTIONS {
            return Some(Self::BadRequest);
        }
        if request.method() == Method::CONNECT {
            return Some(Self::NotImplemented);
        }
        let expects = request.headers().get(EXPECT);
        expects
            .is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
            .then_some(Self::ExpectationFailed)
    }

    /// What a body that could not be read means for the client, when it is its doing.
    pub(super) fn of_body(error: &BodyError) -> Option<Self> {
        match error {
            BodyError::TooLarge { .. } => Some(Self::TooLarge),
            BodyError::TimedOut { .. } => Some(Self::TimedOut),
            BodyError::Malformed(_) | BodyError::Incomplete => Some(Self::BadRequest),
            BodyError::Connection(_) => None,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ExpectationFailed => StatusCode::EXPECTATION_FAILED,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
        }
    }

    /// The answer, while hyper waits for one.
    pub(super) fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::default());
        *response.status_mut() = self.status();
        close_after(&mut response);
        response
    }

    /// The answer, while hyper waits for a request.
    pub(super) fn bytes(self) -> Vec<u8> {
        let status = self.status();
        let reason = status.canonical_reason().unwrap_or_default();
        let code = status.as_str();
        format!("HTTP/1.1 {code} {reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").into()
    }
}

/// Makes a response the last one of its connection.
pub(super) fn close_after(response: &mut Response<Body>) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(request: hyper::http::request::Builder) -> Option<Refusal> {
        Refusal::of_head(&request.body(()).unwrap())
    }

    #[test]
    fn one_host_is_asked_for() {
        let get = || Request::get("/");
        assert_eq!(refusal(get()), Some(Refusal::BadRequest));
        assert_eq!(refusal(get().version(Version::HTTP_10)), None);
        assert_eq!(refusal(get().header(HOST, "a")), None);
        let two = || get().header(HOST, "a").header(HOST, "a");
        assert_eq!(refusal(two()), Some(Refusal::BadRequest));
        assert_eq!(
            refusal(two().version(Version::HTTP_10)),
            Some(Refusal::BadRequest)
        );
    }

    #[test]
    fn targets_and_expectations_that_nobody_meets_are_refused() {
        let with_host = |request: hyper::http::request::Builder| request.header(HOST, "a");
        assert_eq!(
            refusal(with_host(Request::get("*"))),
            Some(Refusal::BadRequest)
        );
        assert_eq!(refusal(with_host(Request::options("*"))), None);
        assert_eq!(
            refusal(with_host(Request::connect("a:1"))),
            Some(Refusal::NotImplemented)
        );
        let expecting = |what| refusal(with_host(Request::get("/")).header(EXPECT, what));
        assert_eq!(expecting("100-Continue"), None);
        assert_eq!(expecting("tea"), Some(Refusal::ExpectationFailed));
    }
}
