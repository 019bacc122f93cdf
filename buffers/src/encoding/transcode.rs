//! From one encoding of text to another.

use super::{Encoding, Text, strict::lone_surrogate, units};
use crate::{Buffer, Error};

/// What stands for a character that the target does not have.
const SUBSTITUTE: u8 = b'?';

/// Bytes that say in the encoding `to` what `bytes` say in `from`.
///
/// Both are of Unicode or of a part of it. A character that `to` does not have becomes a question
/// mark, unless it is one that nobody sees where it is not known (Unicode's
/// `Default_Ignorable_Code_Point`, such as the byte order mark), which is left out.
///
/// # Errors
///
/// [`Error::NotText`] for hex and base64, unless there is nothing to convert.
/// [`Error::NotUnicode`] for malformed bytes from UTF-8 to UTF-16 or the other way. Between other
/// encodings they are replaced.
///
/// # Examples
///
/// ```
/// use synodic_buffers::{Encoding, transcode};
///
/// let latin1 = transcode("é€".as_bytes(), Encoding::Utf8, Encoding::Latin1)?;
/// assert_eq!(latin1, b"\xe9?");
/// # Ok::<(), synodic_buffers::Error>(())
/// ```
pub fn transcode(bytes: &[u8], from: Encoding, to: Encoding) -> Result<Buffer, Error> {
    use Encoding::{Ascii, Latin1, Utf8, Utf16Le};
    if bytes.is_empty() {
        // Nothing is nothing in every encoding.
        return Ok(Buffer::new());
    }
    Ok(match (from, to) {
        (Utf8, Utf16Le) => match str::from_utf8(bytes) {
            Ok(text) => to.encode(text),
            Err(error) => return Err(not_unicode(from, error.valid_up_to())),
        },
        (Utf16Le, Utf8) => {
            let units: Vec<_> = units(bytes).collect();
            match lone_surrogate(Text::Utf16(&units)) {
                Some(at) => return Err(not_unicode(from, 2 * at)),
                // Half a unit behind others is left out, but nothing else there is nothing.
                None if units.is_empty() => return Err(not_unicode(from, 0)),
                None => to.encode(&units),
            }
        }
        (Utf16Le, Utf16Le) => {
            let mut text = from.decode(bytes);
            text.extend((bytes.len() % 2 == 1).then_some(char::REPLACEMENT_CHARACTER));
            to.encode(&text)
        }
        (Latin1, Latin1) => Buffer::copy_from_slice(bytes),
        (Ascii, Utf16Le) => to.encode(&Latin1.decode(bytes)),
        (Utf8 | Utf16Le | Ascii, Latin1) => narrow(&decode(bytes, from), 0xff),
        (Utf8 | Utf16Le | Latin1 | Ascii, Ascii) => narrow(&decode(bytes, from), 0x7f),
        (Utf8 | Latin1 | Ascii, Utf8) | (Latin1, Utf16Le) => to.encode(&decode(bytes, from)),
        _ => {
            let (from, to) = (from.name(), to.name());
            return Err(Error::NotText { from, to });
        }
    })
}

fn not_unicode(from: Encoding, offset: usize) -> Error {
    let encoding = from.name();
    Error::NotUnicode { encoding, offset }
}

/// The text of `bytes`. A byte above 0x7f is no ASCII, whereas `Encoding::decode` would drop its
/// highest bit.
fn decode(bytes: &[u8], from: Encoding) -> String {
    let of_ascii = |&byte: &u8| match byte {
        0..=0x7f => char::from(byte),
        _ => char::REPLACEMENT_CHARACTER,
    };
    match from {
        Encoding::Ascii => bytes.iter().map(of_ascii).collect(),
        _ => from.decode(bytes),
    }
}

/// The characters up to `max` as a byte each.
fn narrow(text: &str, max: u8) -> Buffer {
    let byte_of = |char| match u8::try_from(u32::from(char)) {
        Ok(byte) if byte <= max => Some(byte),
        _ if is_ignorable(char) => None,
        _ => Some(SUBSTITUTE),
    };
    text.chars().filter_map(byte_of).collect()
}

/// Unicode's property `Default_Ignorable_Code_Point`.
fn is_ignorable(char: char) -> bool {
    matches!(u32::from(char),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
        | 0xfeff | 0xffa0 | 0xfff0..=0xfff8 | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff)
}
