//! Text as bytes, and bytes as text, in Node's seven encodings.

pub(crate) mod base64;
mod decoder;
pub(crate) mod hex;
mod strict;
mod text;
mod transcode;

use std::{char::REPLACEMENT_CHARACTER, fmt, str::FromStr};

pub use decoder::StringDecoder;
pub use text::Text;
pub use transcode::transcode;

use crate::raw::simd;
use crate::{Buffer, BufferMut, Error};
pub(crate) use base64::Alphabet;

/// How text and bytes stand for each other: Node's seven encodings.
///
/// [`encode`](Self::encode) and [`decode`](Self::decode) are as lenient as Node: whatever comes in,
/// something comes out. [`encode_strict`](Self::encode_strict) and
/// [`decode_strict`](Self::decode_strict) tell what is malformed.
///
/// # Node
///
/// For `hex` and `base64`, Node looks at the low byte of a character above U+00FF. Here such a
/// character is as bad as any other that is not in the alphabet.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Encoding;
///
/// assert_eq!(Encoding::Base64.decode(b"hello"), "aGVsbG8=");
/// assert_eq!(Encoding::Base64.encode("aGVs\nbG8"), "hello");
/// assert!(Encoding::Base64.encode_strict("aGVs\nbG8").is_err());
/// assert_eq!("UCS-2".parse(), Ok(Encoding::Utf16Le));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8. What is malformed is replaced by U+FFFD, once for each maximal part.
    #[doc(alias = "utf-8")]
    Utf8,
    /// UTF-16, low byte first; also known as UCS-2. A byte at the end that is half a unit is left
    /// out.
    #[doc(alias = "ucs2")]
    Utf16Le,
    /// A byte for each of the first 256 characters. Of others, the low byte of each UTF-16 unit is
    /// taken.
    #[doc(alias = "binary")]
    Latin1,
    /// As [`Latin1`](Self::Latin1), but the highest bit of each byte is dropped on the way to text.
    Ascii,
    /// Two digits a byte. Ends at the first pair that is none.
    Hex,
    /// RFC 4648, section 4. Ends at the first `=`; what is not in this or the other alphabet is
    /// skipped.
    Base64,
    /// RFC 4648, section 5: `-` and `_` for `+` and `/`, and no padding. As lenient as
    /// [`Base64`](Self::Base64).
    Base64Url,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Latin1,
        Self::Ascii,
        Self::Hex,
        Self::Base64,
        Self::Base64Url,
    ];

    /// Node's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Utf16Le => "utf16le",
            Self::Latin1 => "latin1",
            Self::Ascii => "ascii",
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }

    /// The bytes that `text` stands for, as far as it is well formed.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Encoding;
    ///
    /// assert_eq!(Encoding::Hex.encode("68656c6c6fzz00"), "hello");
    /// assert_eq!(Encoding::Latin1.encode("é"), [0xe9]);
    /// ```
    #[doc(alias = "Buffer.from")]
    pub fn encode<'a>(self, text: impl Into<Text<'a>>) -> Buffer {
        let text = text.into();
        match (self, text) {
            (Self::Utf8, Text::Str(text)) => return Buffer::copy_from_slice(text.as_bytes()),
            (Self::Hex, _) => return simd::from_hex(&text.to_alphabet()).freeze(),
            (Self::Base64 | Self::Base64Url, _) => {
                return simd::from_base64(&text.to_alphabet()).freeze();
            }
            _ => {}
        }
        let mut bytes = BufferMut::zeroed(self.byte_len(text));
        let written = self.encode_into(text, &mut bytes);
        bytes.truncate(written);
        bytes.freeze()
    }

    /// Writes as many whole characters of `text` as `out` has room for, and returns how many bytes
    /// they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Encoding;
    ///
    /// let mut room = [0; 3];
    /// assert_eq!(Encoding::Utf8.encode_into("aéé", &mut room), 3);
    /// assert_eq!(Encoding::Utf8.encode_into("éé", &mut room), 2);
    /// ```
    pub fn encode_into<'a>(self, text: impl Into<Text<'a>>, out: &mut [u8]) -> usize {
        let text = text.into();
        match (self, text) {
            (Self::Utf8, Text::Str(text)) => {
                let len = text.floor_char_boundary(out.len());
                out[..len].copy_from_slice(&text.as_bytes()[..len]);
                len
            }
            (Self::Utf8, Text::Utf16(_)) => {
                let mut done = 0;
                text.each_char(|char| {
                    let (len, room) = (char.len_utf8(), &mut out[done..]);
                    let fits = len <= room.len();
                    if fits {
                        char.encode_utf8(room);
                        done += len;
                    }
                    fits
                });
                done
            }
            (Self::Utf16Le, _) => units_into(text, out, u16::to_le_bytes),
            (Self::Latin1 | Self::Ascii, Text::Str(text)) if text.is_ascii() => {
                let len = text.len().min(out.len());
                out[..len].copy_from_slice(&text.as_bytes()[..len]);
                len
            }
            (Self::Latin1 | Self::Ascii, _) => units_into(text, out, |unit| [unit as u8]),
            (Self::Hex, _) => simd::hex_into(&text.to_alphabet(), out),
            (Self::Base64 | Self::Base64Url, _) => simd::base64_into(&text.to_alphabet(), out),
        }
    }

    /// How many bytes `text` stands for.
    ///
    /// For malformed hex and base64 it is an upper bound, and Node's number.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Encoding;
    ///
    /// assert_eq!(Encoding::Utf8.byte_len("½ + ¼"), 7);
    /// assert_eq!(Encoding::Base64.byte_len("aGVsbG8="), 5);
    /// ```
    #[doc(alias = "byteLength")]
    pub fn byte_len<'a>(self, text: impl Into<Text<'a>>) -> usize {
        let text = text.into();
        match (self, text) {
            (Self::Utf8, Text::Str(text)) => text.len(),
            (Self::Utf8, Text::Utf16(_)) => {
                let mut len = 0;
                text.each_char(|char| {
                    len += char.len_utf8();
                    true
                });
                len
            }
            (Self::Utf16Le, _) => text.utf16_len() * 2,
            (Self::Latin1 | Self::Ascii, _) => text.utf16_len(),
            (Self::Hex, _) => text.utf16_len() / 2,
            (Self::Base64 | Self::Base64Url, _) => match text {
                Text::Str(text) if text.is_ascii() => base64::decoded_len(text.as_bytes()),
                _ => base64::decoded_len(&text.to_units_u8()),
            },
        }
    }

    /// The text that `bytes` stand for; what has no character is replaced by U+FFFD.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Encoding;
    ///
    /// assert_eq!(Encoding::Hex.decode(b"hello"), "68656c6c6f");
    /// assert_eq!(Encoding::Utf8.decode(b"a\xffb"), "a\u{fffd}b");
    /// assert_eq!(Encoding::Ascii.decode(b"a\xe1"), "aa");
    /// ```
    #[doc(alias = "toString")]
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Utf16Le => char::decode_utf16(units(bytes))
                .map(|char| char.unwrap_or(REPLACEMENT_CHARACTER))
                .collect(),
            Self::Latin1 => match str::from_utf8(bytes) {
                Ok(text) if bytes.is_ascii() => text.to_owned(),
                _ => bytes.iter().copied().map(char::from).collect(),
            },
            Self::Ascii => bytes.iter().map(|byte| char::from(byte & 0x7f)).collect(),
            Self::Hex => simd::to_hex(bytes),
            Self::Base64 => simd::to_base64(Alphabet::Standard, bytes),
            Self::Base64Url => simd::to_base64(Alphabet::Url, bytes),
        }
    }

    /// The text that `bytes` stand for, as units of UTF-16, among which those of
    /// [`Utf16Le`](Self::Utf16Le) stay as they are: a lone surrogate is not replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Encoding;
    ///
    /// assert_eq!(Encoding::Utf16Le.decode_utf16(&[0x00, 0xd8]), [0xd800]);
    /// ```
    pub fn decode_utf16(self, bytes: &[u8]) -> Vec<u16> {
        match self {
            Self::Utf16Le => units(bytes).collect(),
            _ => self.decode(bytes).encode_utf16().collect(),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Encoding {
    type Err = Error;

    /// Takes Node's names, in any case: `utf8`, `utf-8`, `ucs2`, `ucs-2`, `utf16le`, `utf-16le`,
    /// `latin1`, `binary`, `ascii`, `hex`, `base64`, `base64url`.
    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "utf8" | "utf-8" => Self::Utf8,
            "ucs2" | "ucs-2" | "utf16le" | "utf-16le" => Self::Utf16Le,
            "latin1" | "binary" => Self::Latin1,
            "ascii" => Self::Ascii,
            "hex" => Self::Hex,
            "base64" => Self::Base64,
            "base64url" => Self::Base64Url,
            _ => {
                return Err(Error::UnknownEncoding {
                    name: name.to_owned(),
                });
            }
        })
    }
}

/// The whole units of UTF-16 in `bytes`.
pub(crate) fn units(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs.iter().map(|&pair| u16::from_le_bytes(pair))
}

/// Writes each unit as `N` bytes while there is room.
fn units_into<const N: usize>(
    text: Text<'_>,
    out: &mut [u8],
    bytes_of: impl Fn(u16) -> [u8; N],
) -> usize {
    let (places, _) = out.as_chunks_mut::<N>();
    let mut places = places.iter_mut();
    let mut done = 0;
    text.each_unit(|unit| match places.next() {
        Some(place) => {
            *place = bytes_of(unit);
            done += N;
            true
        }
        None => false,
    });
    done
}
