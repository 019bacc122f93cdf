//! Compression of what is answered, where the client accepts it.
//!
//! RFC 9110: content negotiation by `Accept-Encoding` (section 12.5.3).

use synodic::http::{HeaderMap, header};
use synodic::zlib::{Compressor, ZlibError};

/// Less than this is not worth it: it fits in a packet or two as it is.
const LEN_MIN: u64 = 1024;

/// How content is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Zstd,
    Gzip,
}

impl Coding {
    /// Best first, where the client has no preference.
    const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// Its name in HTTP.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// The one that the client likes best, if it accepts any.
    pub(crate) fn accepted(request: &HeaderMap) -> Option<Self> {
        let values = request.get_all(header::ACCEPT_ENCODING).iter();
        let items: Vec<_> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(item)
            .collect();
        let find = |name: &str| {
            let item = items
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(name));
            item.map(|(_, quality)| *quality)
        };
        let quality = |coding: Self| find(coding.name()).or_else(|| find("*")).unwrap_or(0);
        // As it is, unless something is preferred to it.
        let least = find("identity").unwrap_or(0).max(1);
        // Of equals, `max_by_key` takes the last.
        let best = Self::ALL
            .into_iter()
            .rev()
            .max_by_key(|coding| quality(*coding))?;
        (quality(best) >= least).then_some(best)
    }

    /// What compresses, at a level that keeps up with a network.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub(crate) fn compressor(self) -> Result<Compressor, ZlibError> {
        match self {
            Self::Brotli => Ok(Compressor::brotli(4)),
            Self::Zstd => Compressor::zstd(3),
            Self::Gzip => Ok(Compressor::gzip(6)),
        }
    }
}

/// Whether compressing so many bytes of a media type is worth it.
pub(crate) fn is_compressible(kind: &str, len: u64) -> bool {
    let kind = kind.split(';').next().unwrap_or(kind).trim();
    let is_text = kind.starts_with("text/")
        || kind.ends_with("+xml")
        || kind.ends_with("+json")
        || matches!(
            kind,
            "application/javascript"
                | "application/json"
                | "application/wasm"
                | "application/xml"
                | "image/bmp"
                | "image/x-icon"
                | "image/vnd.microsoft.icon"
        );
    is_text && len >= LEN_MIN
}

/// A coding and its quality, in thousandths. What is malformed is passed over.
fn item(item: &str) -> Option<(&str, u32)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let Some(weight) = parts.next() else {
        return Some((name, 1000));
    };
    let value = weight
        .strip_prefix("q=")
        .or_else(|| weight.strip_prefix("Q="))?;
    let quality: f32 = value.trim().parse().ok()?;
    let is_valid = (0.0..=1.0).contains(&quality);
    // In the range, and so a whole number of thousandths.
    is_valid.then_some((name, (quality * 1000.0).round() as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(values: &[&str]) -> Option<Coding> {
        let mut request = HeaderMap::new();
        for value in values {
            request.append(header::ACCEPT_ENCODING, value.parse().unwrap());
        }
        Coding::accepted(&request)
    }

    #[test]
    fn the_client_decides_and_else_the_best_is_taken() {
        assert_eq!(accepted(&[]), None);
        assert_eq!(accepted(&[""]), None);
        assert_eq!(accepted(&["gzip, deflate, br, zstd"]), Some(Coding::Brotli));
        assert_eq!(accepted(&["gzip", "zstd"]), Some(Coding::Zstd));
        assert_eq!(accepted(&["GZIP;q=0.9, br;q=0.5"]), Some(Coding::Gzip));
        assert_eq!(accepted(&["*"]), Some(Coding::Brotli));
        assert_eq!(accepted(&["*, br;q=0"]), Some(Coding::Zstd));
        assert_eq!(accepted(&["gzip;q=0"]), None);
        assert_eq!(accepted(&["identity, gzip;q=0.5"]), None);
        assert_eq!(
            accepted(&["identity;q=0.5, gzip;q=0.5"]),
            Some(Coding::Gzip)
        );
        assert_eq!(accepted(&["deflate, x-gzip"]), None);
    }

    #[test]
    fn what_is_malformed_is_passed_over() {
        for value in [
            "gzip;q=2",
            "gzip;q=-1",
            "gzip;q=NaN",
            "gzip;w=1",
            ";q=1",
            ",,;",
        ] {
            assert_eq!(accepted(&[value]), None, "{value}");
        }
        assert_eq!(accepted(&["gzip;q=x, br;q=0.001"]), Some(Coding::Brotli));
    }

    #[test]
    fn text_is_worth_it_and_pictures_are_not() {
        assert!(is_compressible("text/html; charset=utf-8", LEN_MIN));
        assert!(is_compressible("image/svg+xml", 1 << 20));
        assert!(!is_compressible("text/html", LEN_MIN - 1));
        assert!(!is_compressible("image/png", 1 << 20));
    }
}
