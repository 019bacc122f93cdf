//! Where a request goes.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::{PathAndQuery, Scheme};
use hyper::{Method, Request, Uri};

use super::error::ClientError;

const PORT_DEFAULT: u16 = 80;

/// What connections are shared by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// In lower case; an IPv6 address without its brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Origin {
    /// The host's address, when that is what it is.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

pub(super) fn parse(url: &str) -> Result<Uri, ClientError> {
    url.parse()
        .map_err(|_| invalid(url, "an absolute URL, such as http://localhost/"))
}

fn invalid(url: &str, expected: &'static str) -> ClientError {
    ClientError::InvalidUrl {
        url: url.to_owned(),
        expected,
    }
}

/// Takes the origin out of a request's URL; what is left is what a server wants to see.
pub(super) fn split_origin<B>(url: &str, request: &mut Request<B>) -> Result<Origin, ClientError> {
    let uri = request.uri();
    let Some(scheme) = uri.scheme() else {
        return Err(invalid(url, "an absolute URL, such as http://localhost/"));
    };
    if *scheme != Scheme::HTTP {
        return Err(ClientError::UnsupportedScheme {
            url: url.to_owned(),
            scheme: scheme.as_str().to_owned(),
        });
    }
    if request.method() == Method::CONNECT {
        return Err(ClientError::UnsupportedMethod {
            url: url.to_owned(),
            method: Method::CONNECT,
        });
    }
    let authority = uri.authority().filter(|it| !it.host().is_empty());
    let authority = authority.ok_or_else(|| invalid(url, "a host"))?;
    if authority.as_str().contains('@') {
        return Err(invalid(url, "no user name; use the header `Authorization`"));
    }
    let has_port = authority.as_str().len() > authority.host().len();
    let port = match authority.port_u16() {
        None if has_port => return Err(invalid(url, "a port from 0 to 65535")),
        port => port.unwrap_or(PORT_DEFAULT),
    };
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let origin = Origin {
        host: host.to_ascii_lowercase(),
        port,
    };
    let named = HeaderValue::from_str(authority.as_str()).map_err(|_| invalid(url, "a host"))?;
    let path = uri.path_and_query().cloned();
    let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
    request.headers_mut().entry(HOST).or_insert(named);
    *request.uri_mut() = Uri::from(path);
    Ok(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(url: &str) -> Result<(Origin, Request<()>), ClientError> {
        let mut request = Request::get(parse(url)?).body(()).unwrap();
        Ok((split_origin(url, &mut request)?, request))
    }

    #[test]
    fn a_url_becomes_an_origin_and_what_a_server_wants_to_see() {
        let (origin, request) = split("http://Example.com/a?b=c").unwrap();
        assert_eq!((&*origin.host, origin.port), ("example.com", 80));
        assert_eq!(request.headers()[HOST], "Example.com");
        assert_eq!(request.uri(), "/a?b=c");
        let (origin, request) = split("http://[::1]:8080").unwrap();
        assert_eq!(origin.address(), Some("::1".parse().unwrap()));
        assert_eq!(request.headers()[HOST], "[::1]:8080");
        assert_eq!(request.uri(), "/");
    }

    #[test]
    fn what_cannot_be_asked_for_is_named_with_what_was_expected() {
        let message = |url| split(url).unwrap_err().to_string();
        assert_eq!(
            message("https://example.com/"),
            "cannot request `https://example.com/`: expected the scheme `http`, and `https` is not \
             supported"
        );
        let expected = "expected an absolute URL, such as http://localhost/";
        for url in ["", "/path", "no url", "example.com:80"] {
            assert_eq!(message(url), format!("cannot request `{url}`: {expected}"));
        }
        assert!(message("http://user:word@host/").contains("no user name"));
        assert!(message("http://host:99999/").contains("expected"));
    }
}
