//! Two digits a byte.

use std::mem::MaybeUninit;

use crate::raw::simd::{self, BAD};

/// The value of each character as a digit.
const VALUES: [u8; 256] = {
    let mut values = [BAD; 256];
    let mut digit = 0;
    while digit < 16 {
        values[digit_of(digit) as usize] = digit;
        values[digit_of(digit).to_ascii_uppercase() as usize] = digit;
        digit += 1;
    }
    values
};

/// The same for vector code.
static VECTOR_VALUES: [u8; 128] = simd::vector_values(&VALUES);

/// The lower-case digit of a value below 16.
const fn digit_of(value: u8) -> u8 {
    b"0123456789abcdef"[value as usize]
}

/// Writes the digits of `bytes`, for which `out` has exactly the room.
pub(crate) fn write(bytes: &[u8], out: &mut [MaybeUninit<u8>]) {
    let done = simd::write_hex(bytes, out);
    let (pairs, _) = out[2 * done..].as_chunks_mut::<2>();
    for (pair, &byte) in pairs.iter_mut().zip(&bytes[done..]) {
        *pair = [byte >> 4, byte & 15].map(|value| MaybeUninit::new(digit_of(value)));
    }
}

/// Reads bytes until a pair of characters is not one, the digits end, or `out` is full. Returns how
/// many there were.
pub(crate) fn read(digits: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let done = simd::read_hex(&VECTOR_VALUES, digits, out);
    let (pairs, _) = digits[2 * done..].as_chunks::<2>();
    done + read_until_bad(pairs, &mut out[done..])
}

fn read_until_bad(pairs: &[[u8; 2]], out: &mut [MaybeUninit<u8>]) -> usize {
    let mut count = 0;
    for (out, pair) in out.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| VALUES[usize::from(digit)]);
        if high == BAD || low == BAD {
            break;
        }
        out.write(high << 4 | low);
        count += 1;
    }
    count
}
