//! Two digits a byte.

/// Neither a digit nor a letter up to F.
const BAD: u8 = 0xff;

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

/// The lower-case digit of a value below 16, without a branch or a table, so that a loop over it
/// becomes vector code.
#[inline(always)]
const fn digit_of(value: u8) -> u8 {
    // What lies between the digits and the letters, where the value is above 9.
    const GAP: u8 = b'a' - b'9' - 1;
    b'0' + value + ((9u8.wrapping_sub(value) >> 7) * GAP)
}

/// Writes the digits of `bytes`, for which `out` has exactly the room.
#[inline(always)]
pub(super) fn write(bytes: &[u8], out: &mut [u8]) {
    let (pairs, _) = out.as_chunks_mut::<2>();
    for (pair, &byte) in pairs.iter_mut().zip(bytes) {
        *pair = [digit_of(byte >> 4), digit_of(byte & 15)];
    }
}

/// Reads bytes until a pair of characters is not one, the digits end, or `out` is full. Returns how
/// many there were.
pub(super) fn read(digits: &[u8], out: &mut [u8]) -> usize {
    let (pairs, _) = digits.as_chunks::<2>();
    let count = pairs.len().min(out.len());
    let (pairs, out) = (&pairs[..count], &mut out[..count]);
    let mut done = 0;
    for (pairs, out) in pairs.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        if !are_digits(pairs) {
            return done + read_until_bad(pairs, out);
        }
        for (out, &[high, low]) in out.iter_mut().zip(pairs) {
            *out = value_of(high) << 4 | value_of(low);
        }
        done += pairs.len();
    }
    count
}

/// Pairs that are looked at before any is read: small enough to stay in the nearest cache.
const BLOCK: usize = 256;

#[inline(always)]
fn are_digits(pairs: &[[u8; 2]]) -> bool {
    let digits = pairs.as_flattened().iter();
    digits.fold(0, |all, &digit| all | value_of(digit)) < 16
}

/// The value of a digit, or something above 15. Without a branch or a table, as `digit_of` is.
#[inline(always)]
fn value_of(character: u8) -> u8 {
    let number = character.wrapping_sub(b'0');
    let letter = (character | 0x20).wrapping_sub(b'a');
    let is_number = 0u8.wrapping_sub(u8::from(number < 10));
    let is_letter = 0u8.wrapping_sub(u8::from(letter < 6));
    // Both masks are all ones or zero, and never both ones.
    (number & is_number) | (letter.wrapping_add(10) & is_letter) | (!(is_number | is_letter) & 0xf0)
}

fn read_until_bad(pairs: &[[u8; 2]], out: &mut [u8]) -> usize {
    let mut count = 0;
    for (out, pair) in out.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| VALUES[usize::from(digit)]);
        if high == BAD || low == BAD {
            break;
        }
        *out = high << 4 | low;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_read_a_digit_agree() {
        for character in 0..=u8::MAX {
            let (table, formula) = (VALUES[usize::from(character)], value_of(character));
            assert_eq!(table < 16, formula < 16, "{character}");
            assert!(table == BAD || table == formula, "{character}");
        }
    }
}
