//! Text as it comes in: UTF-8, or UTF-16 with whatever is wrong with it.

use std::{borrow::Cow, char::REPLACEMENT_CHARACTER};

/// Text to encode: a `str`, or code units of UTF-16 such as a JavaScript string has.
///
/// Methods take `impl Into<Text>`, so both can be given as they are.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Encoding;
///
/// assert_eq!(Encoding::Utf8.encode("é"), [0xc3, 0xa9]);
/// // Half of a surrogate pair has no place in UTF-8.
/// assert_eq!(Encoding::Utf8.encode(&[0xd800][..]), "\u{fffd}");
/// assert_eq!(Encoding::Utf16Le.encode(&[0xd800][..]), [0x00, 0xd8]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text<'a> {
    /// Well-formed Unicode.
    Str(&'a str),
    /// Code units, among which surrogates may stand alone.
    Utf16(&'a [u16]),
}

impl<'a> Text<'a> {
    /// Whether there is no character.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Str(text) => text.is_empty(),
            Self::Utf16(units) => units.is_empty(),
        }
    }

    /// How many code units of UTF-16 the text has.
    pub fn utf16_len(self) -> usize {
        match self {
            Self::Str(text) if text.is_ascii() => text.len(),
            Self::Str(text) => text.encode_utf16().count(),
            Self::Utf16(units) => units.len(),
        }
    }

    /// Calls `f` for each code unit of UTF-16, until it returns false.
    pub(super) fn each_unit(self, mut f: impl FnMut(u16) -> bool) {
        match self {
            Self::Str(text) => {
                text.encode_utf16().all(f);
            }
            Self::Utf16(units) => {
                units.iter().all(|&unit| f(unit));
            }
        }
    }

    /// Calls `f` for each character, until it returns false. Lone surrogates are replaced.
    pub(super) fn each_char(self, mut f: impl FnMut(char) -> bool) {
        match self {
            Self::Str(text) => {
                text.chars().all(f);
            }
            Self::Utf16(units) => {
                char::decode_utf16(units.iter().copied())
                    .all(|unit| f(unit.unwrap_or(REPLACEMENT_CHARACTER)));
            }
        }
    }

    /// The text as bytes, one for each code unit. What has no room in one becomes a byte that is in no
    /// alphabet.
    pub(super) fn to_units_u8(self) -> Cow<'a, [u8]> {
        const NEITHER: u8 = b'!';
        match self {
            Self::Str(text) if text.is_ascii() => text.as_bytes().into(),
            _ => {
                let mut bytes = Vec::with_capacity(self.utf16_len());
                self.each_unit(|unit| {
                    bytes.push(u8::try_from(unit).unwrap_or(NEITHER));
                    true
                });
                bytes.into()
            }
        }
    }

    /// The text as bytes, of which those that are in an alphabet of ASCII stand for themselves.
    ///
    /// A character that is none may become several such bytes.
    pub(super) fn to_alphabet(self) -> Cow<'a, [u8]> {
        match self {
            Self::Str(text) => text.as_bytes().into(),
            Self::Utf16(_) => self.to_units_u8(),
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(text)
    }
}

impl<'a> From<&'a String> for Text<'a> {
    fn from(text: &'a String) -> Self {
        Self::Str(text)
    }
}

impl<'a> From<&'a [u16]> for Text<'a> {
    fn from(units: &'a [u16]) -> Self {
        Self::Utf16(units)
    }
}

impl<'a> From<&'a Vec<u16>> for Text<'a> {
    fn from(units: &'a Vec<u16>) -> Self {
        Self::Utf16(units)
    }
}
