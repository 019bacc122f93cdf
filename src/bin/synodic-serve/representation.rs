//! What a GET of something answers: all of it, a part of it, or that the client has it already.
//!
//! RFC 9110: conditional requests (section 13), ranges (section 14).

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr;
use std::time::SystemTime;

use headers::{
    AcceptRanges, ContentRange, ETag, HeaderMapExt, IfMatch, IfModifiedSince, IfNoneMatch, IfRange,
    IfUnmodifiedSince, LastModified,
};
use synodic::buffers::Buffer;
use synodic::fs::File;
use synodic::http::header::HeaderValue;
use synodic::http::{Body, HeaderMap, Method, Response, StatusCode, header};
use synodic::stream::{Source, from_iter, read_from};
use synodic::zlib::Compressor;

use crate::coding::{Coding, is_compressible};

/// Something that a URL names, as it is now.
pub(crate) struct Representation {
    /// Its media type.
    pub(crate) kind: Cow<'static, str>,
    /// Changes when the content does; of characters that may stand in an ETag.
    pub(crate) tag: String,
    pub(crate) modified: Option<SystemTime>,
    pub(crate) len: u64,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Static(&'static [u8]),
    File(File),
}

impl Representation {
    /// Answers a GET or HEAD with these headers.
    pub(crate) fn answer(self, method: &Method, request: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::default());
        let headers = response.headers_mut();
        let is_compressible = is_compressible(&self.kind, self.len);
        if is_compressible {
            let vary = HeaderValue::from_static("accept-encoding");
            headers.insert(header::VARY, vary);
        }
        // Parts are parts of what is there, as it is.
        let is_whole = !request.contains_key(header::RANGE);
        let coding = Coding::accepted(request).filter(|_| is_compressible && is_whole);
        // What is compressed is another representation, and its parts are not served.
        let suffix = coding.map_or("", Coding::name);
        let etag = ETag::from_str(&format!("\"{}{suffix}\"", self.tag)).ok();
        let modified = self.modified.map(LastModified::from);
        etag.iter()
            .for_each(|tag| headers.typed_insert(tag.clone()));
        modified.iter().for_each(|time| headers.typed_insert(*time));
        if let Some(status) = precondition(request, etag.as_ref(), self.modified) {
            *response.status_mut() = status;
            return response;
        }
        if let Ok(kind) = HeaderValue::from_str(&self.kind) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        if let Some(coding) = coding {
            let name = HeaderValue::from_static(coding.name());
            headers.insert(header::CONTENT_ENCODING, name);
            match coding.compressor() {
                Ok(compressor) => *response.body_mut() = self.content.compressed(compressor),
                Err(_) => *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
            }
            return response;
        }
        headers.typed_insert(AcceptRanges::bytes());
        let wanted = if *method == Method::GET {
            range(request, self.len, etag.as_ref(), modified.as_ref())
        } else {
            Wanted::All
        };
        let part = match wanted {
            Wanted::All => 0..self.len,
            Wanted::Part(part) => {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                if let Ok(range) = ContentRange::bytes(part.clone(), self.len) {
                    response.headers_mut().typed_insert(range);
                }
                part
            }
            Wanted::Nothing => {
                *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
                response
                    .headers_mut()
                    .typed_insert(ContentRange::unsatisfied_bytes(self.len));
                return response;
            }
        };
        *response.body_mut() = self.content.body(part);
        response
    }
}

impl Content {
    fn body(self, part: Range<u64>) -> Body {
        match self {
            Self::Static(bytes) => {
                let index = |at: u64| usize::try_from(at).unwrap_or(bytes.len());
                Body::from(&bytes[index(part.start)..index(part.end)])
            }
            Self::File(file) => Body::file(file, part),
        }
    }

    fn compressed(self, compressor: Compressor) -> Body {
        match self {
            Self::Static(bytes) => {
                let bytes = from_iter([Buffer::from_static(bytes)]);
                Body::source(bytes.through(compressor))
            }
            Self::File(file) => Body::source(read_from(file).through(compressor)),
        }
    }
}

/// The status that ends a conditional request whose condition is not met, in the order that RFC
/// 9110 (section 13.2.2) gives.
fn precondition(
    request: &HeaderMap,
    etag: Option<&ETag>,
    modified: Option<SystemTime>,
) -> Option<StatusCode> {
    let met = match (
        request.typed_get::<IfMatch>(),
        request.typed_get::<IfUnmodifiedSince>(),
    ) {
        (Some(condition), _) => etag.is_some_and(|tag| condition.precondition_passes(tag)),
        (None, Some(condition)) => modified.is_none_or(|time| condition.precondition_passes(time)),
        (None, None) => true,
    };
    if !met {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    let changed = match (
        request.typed_get::<IfNoneMatch>(),
        request.typed_get::<IfModifiedSince>(),
    ) {
        (Some(condition), _) => etag.is_none_or(|tag| condition.precondition_passes(tag)),
        (None, Some(condition)) => modified.is_none_or(|time| condition.is_modified(time)),
        (None, None) => true,
    };
    (!changed).then_some(StatusCode::NOT_MODIFIED)
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range<u64>),
    /// None of the bytes that there are.
    Nothing,
}

/// The part that a request asks for. A header that is malformed, or that asks for several parts,
/// is passed over, as a server may.
fn range(
    request: &HeaderMap,
    len: u64,
    etag: Option<&ETag>,
    modified: Option<&LastModified>,
) -> Wanted {
    let is_stale = request
        .typed_get::<IfRange>()
        .is_some_and(|condition| condition.is_modified(etag, modified));
    let asked = request
        .get(header::RANGE)
        .filter(|_| !is_stale)
        .and_then(|value| single_range(value.to_str().ok()?));
    let Some((first, last)) = asked else {
        return Wanted::All;
    };
    let part = match (first, last) {
        (Some(first), last) => first..last.map_or(len, |last| len.min(last.saturating_add(1))),
        (None, suffix) => len.saturating_sub(suffix.unwrap_or(0))..len,
    };
    if part.is_empty() {
        return Wanted::Nothing;
    }
    Wanted::Part(part)
}

/// The first and last position of the only range in a header; without a first one, the last so many
/// bytes.
fn single_range(value: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, range) = value.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let position = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // A position that no number holds is past every end.
            Some(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    let (first, last) = (position(first)?, position(last)?);
    let is_valid = match (first, last) {
        (Some(first), Some(last)) => first <= last,
        (None, None) => false,
        _ => true,
    };
    (unit.trim().eq_ignore_ascii_case("bytes") && is_valid).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str, len: u64) -> Wanted {
        let mut request = HeaderMap::new();
        request.insert(header::RANGE, value.parse().unwrap());
        range(&request, len, None, None)
    }

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        assert_eq!(asked("bytes=0-0", 10), Wanted::Part(0..1));
        assert_eq!(asked("bytes=2-", 10), Wanted::Part(2..10));
        assert_eq!(asked("bytes=2-99", 10), Wanted::Part(2..10));
        assert_eq!(asked("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(asked("bytes=-99", 10), Wanted::Part(0..10));
        let far = format!("bytes={0}{0}-", u64::MAX);
        for unsatisfiable in ["bytes=10-", "bytes=-0", "bytes=10-20", &far] {
            assert_eq!(asked(unsatisfiable, 10), Wanted::Nothing, "{unsatisfiable}");
        }
        assert_eq!(asked("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn what_is_malformed_or_several_is_passed_over() {
        for value in [
            "bytes=5-2",
            "bytes=a-b",
            "items=0-1",
            "bytes",
            "bytes=0-1,4-5",
        ] {
            assert_eq!(asked(value, 10), Wanted::All, "{value}");
        }
    }
}
