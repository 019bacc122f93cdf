//! Text from bytes that come in pieces.

use super::{Encoding, units};

/// Most bytes of a character of UTF-8, and of a pair of surrogates.
const CHARACTER_MAX: usize = 4;

/// Turns bytes into text piece by piece, and holds back a character that is not complete.
///
/// However the bytes are split, the pieces of text together are the same.
///
/// # Node
///
/// A lone surrogate of UTF-16 survives in [`write_utf16`](Self::write_utf16), as in Node's strings;
/// [`write`](Self::write) replaces it.
///
/// # Examples
///
/// ```
/// use synodic_buffers::{Encoding, StringDecoder};
///
/// let mut decoder = StringDecoder::new(Encoding::Utf8);
/// assert_eq!(decoder.write(b"caf\xc3"), "caf");
/// assert_eq!(decoder.write(b"\xa9"), "é");
/// assert_eq!(decoder.write(b"\xe2\x82"), "");
/// assert_eq!(decoder.end(), "\u{fffd}");
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "string_decoder")]
pub struct StringDecoder {
    encoding: Encoding,
    /// The beginning of a character, or of a group of base64.
    held: [u8; CHARACTER_MAX],
    held_len: usize,
    /// How many bytes its end has.
    missing: usize,
}

impl StringDecoder {
    /// A decoder that has seen nothing.
    pub const fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            held: [0; CHARACTER_MAX],
            held_len: 0,
            missing: 0,
        }
    }

    /// The encoding of the bytes.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How many bytes are held back.
    pub const fn held_len(&self) -> usize {
        self.held_len
    }

    /// The text that is complete with `bytes`.
    ///
    /// Of UTF-16, half of a surrogate pair is held back until it shows whether the other half comes.
    pub fn write(&mut self, bytes: &[u8]) -> String {
        let encoding = self.encoding;
        self.feed(bytes, true, |bytes| encoding.decode(bytes))
    }

    /// The text that is complete with `bytes`, as units of UTF-16.
    pub fn write_utf16(&mut self, bytes: &[u8]) -> Vec<u16> {
        match self.encoding {
            // As in Node, half of a pair may go out when it came in two pieces itself: units can
            // be put together again.
            Encoding::Utf16Le => self.feed(bytes, false, |bytes| units(bytes).collect()),
            _ => self.write(bytes).encode_utf16().collect(),
        }
    }

    /// Ends the input: the text of what was held back. The decoder may be used again.
    ///
    /// Half a unit of UTF-16 is dropped.
    pub fn end(&mut self) -> String {
        String::from_utf16_lossy(&self.end_utf16())
    }

    /// Ends the input, as [`end`](Self::end) does, with units of UTF-16.
    pub fn end_utf16(&mut self) -> Vec<u16> {
        let held_len = std::mem::take(&mut self.held_len);
        self.missing = 0;
        self.encoding.decode_utf16(&self.held[..held_len])
    }

    /// Completes what is held with the beginning of `bytes`, decodes the rest up to the last
    /// character that is not complete, and holds that.
    fn feed<T: Join>(
        &mut self,
        mut bytes: &[u8],
        keeps_pairs: bool,
        decode: impl Fn(&[u8]) -> T,
    ) -> T {
        let mut text = T::default();
        while self.missing > 0 && !bytes.is_empty() {
            bytes = self.complete(bytes);
            if self.missing == 0 {
                let (held, held_len) = (self.held, self.held_len);
                let held = &held[..held_len];
                let half = if self.encoding == Encoding::Utf16Le && keeps_pairs {
                    ends_in_half(held)
                } else {
                    0
                };
                let (done, half) = held.split_at(held_len - half);
                self.set_held(half, half.len());
                text.join(decode(done));
            }
        }
        if !bytes.is_empty() {
            let (count, missing) = self.incomplete(bytes, keeps_pairs);
            let (done, tail) = bytes.split_at(bytes.len() - count);
            self.set_held(tail, missing);
            text.join(decode(done));
        }
        text
    }

    fn set_held(&mut self, bytes: &[u8], missing: usize) {
        self.held[..bytes.len()].copy_from_slice(bytes);
        (self.held_len, self.missing) = (bytes.len(), missing);
    }

    /// Moves the missing bytes from `bytes` to what is held, and returns the rest.
    ///
    /// In UTF-8, a byte that continues nothing ends the character early.
    fn complete<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let mut count = bytes.len().min(self.missing);
        self.missing -= count;
        if self.encoding == Encoding::Utf8
            && let Some(at) = bytes[..count].iter().position(|&byte| !continues(byte))
        {
            (count, self.missing) = (at, 0);
        }
        let (head, rest) = bytes.split_at(count);
        self.held[self.held_len..][..count].copy_from_slice(head);
        self.held_len += count;
        rest
    }

    /// How many bytes at the end are to be held, and how many they lack.
    fn incomplete(&self, bytes: &[u8], keeps_pairs: bool) -> (usize, usize) {
        let len = bytes.len();
        match self.encoding {
            Encoding::Utf8 => incomplete_utf8(bytes),
            Encoding::Utf16Le => {
                let odd = len % 2;
                match ends_in_half(&bytes[..len - odd]) {
                    2 if keeps_pairs || odd == 0 => (2 + odd, 2 - odd),
                    _ => (odd, odd),
                }
            }
            Encoding::Base64 | Encoding::Base64Url => match len % 3 {
                0 => (0, 0),
                rest => (rest, 3 - rest),
            },
            _ => (0, 0),
        }
    }
}

/// Text that more is appended to.
trait Join: Default {
    fn join(&mut self, more: Self);
}

impl Join for String {
    fn join(&mut self, more: Self) {
        if self.is_empty() {
            *self = more;
        } else {
            self.push_str(&more);
        }
    }
}

impl Join for Vec<u16> {
    fn join(&mut self, mut more: Self) {
        self.append(&mut more);
    }
}

fn continues(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// How many bytes the first half of a surrogate pair has at the end of whole units: 2 or 0.
fn ends_in_half(units: &[u8]) -> usize {
    match units {
        [.., high] if high & 0xfc == 0xd8 => 2,
        _ => 0,
    }
}

/// How many bytes at the end begin a character that they do not end, and how many it lacks.
///
/// The first byte alone decides, as in Node: whether the others are possible shows when the
/// character is complete.
fn incomplete_utf8(bytes: &[u8]) -> (usize, usize) {
    let tail = bytes.iter().rev().take(CHARACTER_MAX);
    let Some((behind, &first)) = tail.enumerate().find(|&(_, &byte)| !continues(byte)) else {
        return (0, 0);
    };
    let count = behind + 1;
    let needed = match first {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    if needed > count {
        (count, needed - count)
    } else {
        (0, 0)
    }
}
