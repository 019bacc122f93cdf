//! Four characters for three bytes.

use std::mem::MaybeUninit;

use crate::raw::simd::{self, BAD};

/// The last two characters of the alphabet, and whether a last group is padded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `+`, `/` and padding.
    Standard,
    /// `-`, `_` and none.
    Url,
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Two characters for each 12 bits: half the steps of one for 6.
const fn pairs(alphabet: &[u8; 64]) -> [[u8; 2]; 4096] {
    let mut pairs = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < pairs.len() {
        pairs[bits] = [alphabet[bits >> 6], alphabet[bits & 63]];
        bits += 1;
    }
    pairs
}

static STANDARD_PAIRS: [[u8; 2]; 4096] = pairs(STANDARD);
static URL_PAIRS: [[u8; 2]; 4096] = pairs(URL);

/// The six bits of each character of either alphabet.
static VALUES: [u8; 256] = {
    let mut values = [BAD; 256];
    let mut bits = 0;
    while bits < 64 {
        values[STANDARD[bits] as usize] = bits as u8;
        values[URL[bits] as usize] = bits as u8;
        bits += 1;
    }
    values
};

/// The same for vector code.
static VECTOR_VALUES: [u8; 128] = simd::vector_values(&VALUES);

impl Alphabet {
    fn characters(self) -> &'static [u8; 64] {
        match self {
            Self::Standard => STANDARD,
            Self::Url => URL,
        }
    }

    fn pairs(self) -> &'static [[u8; 2]; 4096] {
        match self {
            Self::Standard => &STANDARD_PAIRS,
            Self::Url => &URL_PAIRS,
        }
    }

    /// How many characters `len` bytes take.
    pub(crate) fn len(self, len: usize) -> usize {
        let whole = len / 3 * 4;
        match (self, len % 3) {
            (_, 0) => whole,
            (Self::Standard, _) => whole + 4,
            (Self::Url, rest) => whole + rest + 1,
        }
    }
}

/// Writes the characters of `bytes`, for which `out` has exactly the room.
pub(crate) fn write(alphabet: Alphabet, bytes: &[u8], out: &mut [MaybeUninit<u8>]) {
    let done = simd::write_base64(alphabet.characters(), bytes, out);
    let (bytes, out) = (&bytes[done..], &mut out[done / 3 * 4..]);
    let pairs = alphabet.pairs();
    let (groups, rest) = bytes.as_chunks::<3>();
    let (quads, tail) = out.split_at_mut(groups.len() * 4);
    let (quads, _) = quads.as_chunks_mut::<4>();
    for (quad, &[a, b, c]) in quads.iter_mut().zip(groups) {
        let bits = u32::from_be_bytes([0, a, b, c]) as usize;
        let ([w, x], [y, z]) = (pairs[bits >> 12], pairs[bits & 0xfff]);
        *quad = [w, x, y, z].map(MaybeUninit::new);
    }
    let (a, b) = match *rest {
        [a, b] => (a, b),
        [a] => (a, 0),
        _ => return,
    };
    let bits = u32::from_be_bytes([0, a, b, 0]) as usize;
    let ([w, x], [y, _]) = (pairs[bits >> 12], pairs[bits & 0xfff]);
    let y = if rest.len() == 2 { y } else { b'=' };
    tail.write_copy_of_slice(&[w, x, y, b'='][..tail.len()]);
}

/// Room that suffices for what `text` stands for; the exact number when it is well formed.
pub(crate) fn decoded_len(text: &[u8]) -> usize {
    let padding = text
        .iter()
        .rev()
        .take(2)
        .take_while(|&&c| c == b'=')
        .count();
    decoded_len_of(text.len() - padding)
}

/// What so many characters stand for, padding not counted.
fn decoded_len_of(characters: usize) -> usize {
    characters / 4 * 3 + characters % 4 * 3 / 4
}

/// Reads bytes until the padding begins, the text ends, or `out` is full. Returns how many there
/// were. Characters of either alphabet count, others are skipped.
pub(crate) fn read(text: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let (mut at, mut done) = (0, 0);
    loop {
        let read = simd::read_base64(&VECTOR_VALUES, &text[at..], &mut out[done..]);
        (at, done) = (at + read, done + read / 4 * 3);
        let (read, written) = read_whole_groups(&text[at..], &mut out[done..]);
        (at, done) = (at + read, done + written);
        let (read, written) = read_group(&text[at..], &mut out[done..]);
        (at, done) = (at + read, done + written);
        if written < 3 || done == out.len() {
            return done;
        }
    }
}

/// Reads groups of four good characters; how many characters and bytes that were.
fn read_whole_groups(text: &[u8], out: &mut [MaybeUninit<u8>]) -> (usize, usize) {
    let (groups, _) = text.as_chunks::<4>();
    let (outs, _) = out.as_chunks_mut::<3>();
    let mut count = 0;
    for (out, group) in outs.iter_mut().zip(groups) {
        let [a, b, c, d] = group.map(|character| VALUES[usize::from(character)]);
        if (a | b | c | d) == BAD {
            break;
        }
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, x, y, z] = bits.to_be_bytes();
        *out = [x, y, z].map(MaybeUninit::new);
        count += 1;
    }
    (count * 4, count * 3)
}

/// Reads one group character by character; how many characters and bytes that were.
///
/// A group is cut short by padding and by the end.
fn read_group(text: &[u8], out: &mut [MaybeUninit<u8>]) -> (usize, usize) {
    let mut bits = 0u32;
    let mut count = 0;
    let mut read = 0;
    for &character in text {
        if character == b'=' {
            break;
        }
        read += 1;
        let value = VALUES[usize::from(character)];
        if value != BAD {
            bits |= u32::from(value) << (18 - 6 * count);
            count += 1;
        }
        if count == 4 {
            break;
        }
    }
    let written = decoded_len_of(count).min(out.len());
    out[..written].write_copy_of_slice(&bits.to_be_bytes()[1..=written]);
    (read, written)
}
