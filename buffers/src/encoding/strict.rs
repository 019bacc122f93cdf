//! The encodings as their definitions have them.

use super::{Encoding, Text, units};
use crate::{Buffer, Error};

impl Encoding {
    /// The bytes that `text` stands for, when it is well formed.
    ///
    /// Hex has an even number of digits, of either case. Base64 is what
    /// [`decode`](Self::decode) would give: nothing but its alphabet, padded or not as the encoding
    /// has it, and no bits left over. Latin-1 and ASCII have no other characters. UTF-16 has its
    /// surrogates in pairs, and so has what becomes UTF-8.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] with the offset of the first unit that is wrong: of UTF-8 in a `str`,
    /// of UTF-16 otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Encoding;
    ///
    /// assert_eq!(Encoding::Hex.encode_strict("6869")?, "hi");
    /// let error = Encoding::Hex.encode_strict("6x").unwrap_err();
    /// assert_eq!(error.to_string(), "malformed hex at offset 1");
    /// assert!(Encoding::Latin1.encode_strict("€").is_err());
    /// # Ok::<(), synodic_buffers::Error>(())
    /// ```
    pub fn encode_strict<'a>(self, text: impl Into<Text<'a>>) -> Result<Buffer, Error> {
        let text = text.into();
        let bad = match self {
            Self::Utf8 | Self::Utf16Le => lone_surrogate(text),
            Self::Latin1 => beyond(text, 0xff),
            Self::Ascii => beyond(text, 0x7f),
            Self::Hex => {
                let digits = text.to_alphabet();
                let bad = digits.iter().position(|digit| !digit.is_ascii_hexdigit());
                bad.or((digits.len() % 2 == 1).then_some(digits.len()))
            }
            Self::Base64 | Self::Base64Url => {
                let bytes = self.encode(text);
                let (given, canonical) = (text.to_alphabet(), self.decode(&bytes));
                if *given == *canonical.as_bytes() {
                    return Ok(bytes);
                }
                Some(first_difference(&given, canonical.as_bytes()))
            }
        };
        match bad {
            None => Ok(self.encode(text)),
            Some(offset) => Err(self.malformed(offset)),
        }
    }

    /// The text that `bytes` stand for, when they are well formed.
    ///
    /// Bytes of Latin-1, hex and base64 always are; those of ASCII are below 0x80.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] with the offset of the first byte that is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Encoding;
    ///
    /// assert_eq!(Encoding::Utf8.decode_strict("é".as_bytes())?, "é");
    /// let error = Encoding::Utf8.decode_strict(b"abc\xff").unwrap_err();
    /// assert_eq!(error.to_string(), "malformed utf8 at offset 3");
    /// # Ok::<(), synodic_buffers::Error>(())
    /// ```
    pub fn decode_strict(self, bytes: &[u8]) -> Result<String, Error> {
        match self {
            Self::Utf8 => str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|error| self.malformed(error.valid_up_to())),
            Self::Utf16Le if bytes.len() % 2 == 1 => Err(self.malformed(bytes.len() - 1)),
            Self::Utf16Le => {
                let mut done = 0;
                char::decode_utf16(units(bytes))
                    .map(|char| match char {
                        Ok(char) => {
                            done += 2 * char.len_utf16();
                            Ok(char)
                        }
                        Err(_) => Err(self.malformed(done)),
                    })
                    .collect()
            }
            Self::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                None => Ok(self.decode(bytes)),
                Some(offset) => Err(self.malformed(offset)),
            },
            Self::Latin1 | Self::Hex | Self::Base64 | Self::Base64Url => Ok(self.decode(bytes)),
        }
    }

    fn malformed(self, offset: usize) -> Error {
        let encoding = self.name();
        Error::Malformed { encoding, offset }
    }
}

/// Where half of a surrogate pair stands alone.
pub(super) fn lone_surrogate(text: Text<'_>) -> Option<usize> {
    let Text::Utf16(units) = text else {
        return None;
    };
    let mut done = 0;
    for char in char::decode_utf16(units.iter().copied()) {
        match char {
            Ok(char) => done += char.len_utf16(),
            Err(_) => return Some(done),
        }
    }
    None
}

/// Where the first character above `max` is.
fn beyond(text: Text<'_>, max: u16) -> Option<usize> {
    match text {
        Text::Str(text) => text
            .char_indices()
            .find(|&(_, char)| u32::from(char) > u32::from(max))
            .map(|(offset, _)| offset),
        Text::Utf16(units) => units.iter().position(|&unit| unit > max),
    }
}

/// Where the first byte is that makes `bytes` differ from `other`, which is not equal.
fn first_difference(bytes: &[u8], other: &[u8]) -> usize {
    let mut pairs = bytes.iter().zip(other);
    pairs
        .position(|(a, b)| a != b)
        .unwrap_or(bytes.len().min(other.len()))
}
