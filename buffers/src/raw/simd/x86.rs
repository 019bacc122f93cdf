//! AVX2, and AVX-512 with its permutations of bytes (VBMI).
//!
//! The idea of each step is W. Muła's and D. Lemire's: "Faster base64 encoding and decoding using AVX2
//! instructions" (2018) and "Base64 encoding and decoding at almost the speed of a memory copy" (2020).

use std::{arch::x86_64::*, mem::MaybeUninit};

/// Places in which the bytes of groups are: of each dword, the second, first, third and second byte,
/// so that each six bits lie together.
const SPREAD: [u8; 64] = {
    let mut places = [0; 64];
    let mut group = 0;
    while group < 16 {
        let first = 3 * group as u8;
        places[4 * group] = first + 1;
        places[4 * group + 1] = first;
        places[4 * group + 2] = first + 2;
        places[4 * group + 3] = first + 1;
        group += 1;
    }
    places
};

/// Places of the three bytes of each dword, the highest first.
const GATHER: [u8; 64] = {
    let mut places = [0; 64];
    let mut at = 0;
    while at < 48 {
        places[at] = (at / 3 * 4 + 2 - at % 3) as u8;
        at += 1;
    }
    places
};

/// Writes the digits of whole vectors of `bytes`; how many bytes that were. There is room for all.
pub(crate) fn write_hex(bytes: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    if !is_x86_feature_detected!("avx2") {
        return 0;
    }
    // SAFETY: the processor has it.
    unsafe { write_hex_avx2(bytes, out) }
}

#[target_feature(enable = "avx2")]
fn write_hex_avx2(bytes: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let digits = load(b"0123456789abcdef0123456789abcdef");
    let (inputs, _) = bytes.as_chunks::<16>();
    let (outputs, _) = out.as_chunks_mut::<32>();
    for (input, output) in inputs.iter().zip(outputs) {
        // A word for each byte: its high half goes to the low byte, its low half to the high byte.
        let words = _mm256_cvtepu8_epi16(load_half(input));
        let high = _mm256_srli_epi16::<4>(words);
        let low = _mm256_and_si256(_mm256_slli_epi16::<8>(words), _mm256_set1_epi16(0x0f00));
        store(
            _mm256_shuffle_epi8(digits, _mm256_or_si256(high, low)),
            output,
        );
    }
    inputs.len() * 16
}

/// Reads whole vectors of digits, up to the first that has another character; how many bytes that were.
/// `values` has the highest bit set for others.
pub(crate) fn read_hex(values: &[u8; 128], digits: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    if is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512bw") {
        // SAFETY: the processor has both.
        unsafe { read_hex_vbmi(values, digits, out) }
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has it.
        unsafe { read_hex_avx2(digits, out) }
    } else {
        0
    }
}

#[target_feature(enable = "avx512vbmi,avx512bw")]
fn read_hex_vbmi(values: &[u8; 128], digits: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let ([low, high], _) = values.as_chunks::<64>() else {
        return 0;
    };
    let (low, high) = (load_512(low), load_512(high));
    let (inputs, _) = digits.as_chunks::<64>();
    let (outputs, _) = out.as_chunks_mut::<32>();
    let mut done = 0;
    for (input, output) in inputs.iter().zip(outputs) {
        let characters = load_512(input);
        let halves = _mm512_permutex2var_epi8(low, characters, high);
        // The highest bit is set in what is bad, and in a character that no table of 128 has.
        if _mm512_movepi8_mask(_mm512_or_si512(halves, characters)) != 0 {
            break;
        }
        // The first of each pair, which is the low byte, counts sixteenfold.
        let words = _mm512_maddubs_epi16(halves, _mm512_set1_epi16(0x0110));
        store(_mm512_cvtepi16_epi8(words), output);
        done += output.len();
    }
    done
}

#[target_feature(enable = "avx2")]
fn read_hex_avx2(digits: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let (inputs, _) = digits.as_chunks::<64>();
    let (outputs, _) = out.as_chunks_mut::<32>();
    let mut done = 0;
    for (input, output) in inputs.iter().zip(outputs) {
        let ([low, high], _) = input.as_chunks::<32>() else {
            break;
        };
        let (Some(low), Some(high)) = (hex_words(load(low)), hex_words(load(high))) else {
            break;
        };
        // Packing works on each half, so the quarters have to be put in order again.
        let packed = _mm256_packus_epi16(low, high);
        let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(packed);
        store(bytes, output);
        done += output.len();
    }
    done
}

/// The value of each pair of digits, in a word, when all are digits.
#[target_feature(enable = "avx2")]
#[inline]
fn hex_words(characters: __m256i) -> Option<__m256i> {
    let letters = _mm256_or_si256(characters, _mm256_set1_epi8(0x20));
    let is_number = between(characters, b'0', b'9');
    let is_letter = between(letters, b'a', b'f');
    if _mm256_movemask_epi8(_mm256_or_si256(is_number, is_letter)) != -1 {
        return None;
    }
    // A letter's low half counts from 1, and stands for 9 more.
    let nine = _mm256_and_si256(is_letter, _mm256_set1_epi8(9));
    let low_half = _mm256_and_si256(characters, _mm256_set1_epi8(0x0f));
    let values = _mm256_add_epi8(low_half, nine);
    // The first of each pair, which is the low byte, counts sixteenfold.
    Some(_mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110)))
}

/// All ones where a character lies between two others, or is one of them.
#[target_feature(enable = "avx2")]
#[inline]
fn between(characters: __m256i, first: u8, last: u8) -> __m256i {
    // Comparisons are signed: what is above 0x7f is below everything.
    let above = _mm256_cmpgt_epi8(characters, _mm256_set1_epi8(first as i8 - 1));
    let below = _mm256_cmpgt_epi8(_mm256_set1_epi8(last as i8 + 1), characters);
    _mm256_and_si256(above, below)
}

/// Writes the characters of whole groups of `bytes`; how many bytes that were. There is room for all.
pub(crate) fn write_base64(
    alphabet: &[u8; 64],
    bytes: &[u8],
    out: &mut [MaybeUninit<u8>],
) -> usize {
    if is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512bw") {
        // SAFETY: the processor has both.
        unsafe { write_base64_vbmi(alphabet, bytes, out) }
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has it.
        unsafe { write_base64_avx2(alphabet, bytes, out) }
    } else {
        0
    }
}

#[target_feature(enable = "avx512vbmi,avx512bw")]
fn write_base64_vbmi(alphabet: &[u8; 64], bytes: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    // Where each six bits begin, in each quadword of spread bytes.
    const SHIFTS: i64 = 0x3036_242a_1016_040a;
    let (alphabet, spread) = (load_512(alphabet), load_512(&SPREAD));
    let (outputs, _) = out.as_chunks_mut::<64>();
    let mut done = 0;
    for output in outputs {
        // Only 48 of the 64 are used.
        let Some(input) = bytes[done..].first_chunk::<64>() else {
            break;
        };
        let spread = _mm512_permutexvar_epi8(spread, load_512(input));
        let sixes = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(SHIFTS), spread);
        // The two highest bits of each index do not count.
        store_512(_mm512_permutexvar_epi8(sixes, alphabet), output);
        done += 48;
    }
    done
}

#[target_feature(enable = "avx2")]
fn write_base64_avx2(alphabet: &[u8; 64], bytes: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let ([half, ..], _) = SPREAD.as_chunks::<16>() else {
        return 0;
    };
    let spread = _mm256_broadcastsi128_si256(load_half(half));
    let offsets = _mm256_broadcastsi128_si256(load_half(&offsets(alphabet)));
    let (outputs, _) = out.as_chunks_mut::<32>();
    let mut done = 0;
    for output in outputs {
        // Twice 12 bytes, each with four more that are not used.
        let rest = &bytes[done..];
        let (Some(low), Some(high)) = (
            rest.first_chunk(),
            rest.get(12..).and_then(<[u8]>::first_chunk),
        ) else {
            break;
        };
        let groups = _mm256_set_m128i(load_half(high), load_half(low));
        let groups = _mm256_shuffle_epi8(groups, spread);
        // Multiplying shifts the first and third six bits right, and the others left.
        let odd = _mm256_and_si256(groups, _mm256_set1_epi32(0x0fc0_fc00));
        let odd = _mm256_mulhi_epu16(odd, _mm256_set1_epi32(0x0400_0040));
        let even = _mm256_and_si256(groups, _mm256_set1_epi32(0x003f_03f0));
        let even = _mm256_mullo_epi16(even, _mm256_set1_epi32(0x0100_0010));
        let sixes = _mm256_or_si256(odd, even);
        // 0 for small letters, 1 to 10 for digits, 11 and 12 for the last two, 13 for capitals.
        let kind = _mm256_subs_epu8(sixes, _mm256_set1_epi8(51));
        let is_capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), sixes);
        let kind = _mm256_or_si256(kind, _mm256_and_si256(is_capital, _mm256_set1_epi8(13)));
        store(
            _mm256_add_epi8(sixes, _mm256_shuffle_epi8(offsets, kind)),
            output,
        );
        done += 24;
    }
    done
}

/// The distance between six bits and their character, for each kind of character.
fn offsets(alphabet: &[u8; 64]) -> [u8; 16] {
    let offset = |bits: u8| alphabet[usize::from(bits)].wrapping_sub(bits);
    let mut offsets = [offset(52); 16];
    (offsets[0], offsets[13]) = (offset(26), offset(0));
    (offsets[11], offsets[12]) = (offset(62), offset(63));
    offsets
}

/// Reads whole vectors of good characters, up to the first that has another; how many characters that
/// were, each four of which are three bytes. `values` has the highest bit set for others.
pub(crate) fn read_base64(values: &[u8; 128], text: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    if is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512bw") {
        // SAFETY: the processor has both.
        unsafe { read_base64_vbmi(values, text, out) }
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has it.
        unsafe { read_base64_avx2(text, out) }
    } else {
        0
    }
}

#[target_feature(enable = "avx512vbmi,avx512bw")]
fn read_base64_vbmi(values: &[u8; 128], text: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let ([low, high], _) = values.as_chunks::<64>() else {
        return 0;
    };
    let (low, high, gather) = (load_512(low), load_512(high), load_512(&GATHER));
    let (inputs, _) = text.as_chunks::<64>();
    let (outputs, _) = out.as_chunks_mut::<48>();
    let mut done = 0;
    for (input, output) in inputs.iter().zip(outputs) {
        let characters = load_512(input);
        let sixes = _mm512_permutex2var_epi8(low, characters, high);
        // The highest bit is set in what is bad, and in a character that no table of 128 has.
        if _mm512_movepi8_mask(_mm512_or_si512(sixes, characters)) != 0 {
            break;
        }
        let twelves = _mm512_maddubs_epi16(sixes, _mm512_set1_epi32(0x0140_0140));
        let dwords = _mm512_madd_epi16(twelves, _mm512_set1_epi32(0x0001_1000));
        let bytes = to_array_512(_mm512_permutexvar_epi8(gather, dwords));
        output.write_copy_of_slice(&bytes[..48]);
        done += input.len();
    }
    done
}

#[target_feature(enable = "avx2")]
fn read_base64_avx2(text: &[u8], out: &mut [MaybeUninit<u8>]) -> usize {
    let ([half, ..], _) = GATHER.as_chunks::<16>() else {
        return 0;
    };
    let gather = _mm256_broadcastsi128_si256(load_half(half));
    let (inputs, _) = text.as_chunks::<32>();
    let (outputs, _) = out.as_chunks_mut::<24>();
    let mut done = 0;
    for (input, output) in inputs.iter().zip(outputs) {
        let Some(sixes) = base64_sixes(load(input)) else {
            break;
        };
        let twelves = _mm256_maddubs_epi16(sixes, _mm256_set1_epi32(0x0140_0140));
        let dwords = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x0001_1000));
        // Twelve bytes at the beginning of each half.
        let bytes = to_array(_mm256_shuffle_epi8(dwords, gather));
        output[..12].write_copy_of_slice(&bytes[..12]);
        output[12..].write_copy_of_slice(&bytes[16..28]);
        done += input.len();
    }
    done
}

/// The six bits of each character of either alphabet, when all have some.
#[target_feature(enable = "avx2")]
#[inline]
fn base64_sixes(characters: __m256i) -> Option<__m256i> {
    let kinds = [
        (b'A', b'Z', 0),
        (b'a', b'z', 26),
        (b'0', b'9', 52),
        (b'+', b'+', 62),
        (b'-', b'-', 62),
        (b'/', b'/', 63),
        (b'_', b'_', 63),
    ];
    let mut is_good = _mm256_setzero_si256();
    let mut distances = _mm256_setzero_si256();
    for (first, last, bits) in kinds {
        let is_kind = between(characters, first, last);
        let distance = _mm256_set1_epi8(bits - first as i8);
        is_good = _mm256_or_si256(is_good, is_kind);
        distances = _mm256_or_si256(distances, _mm256_and_si256(is_kind, distance));
    }
    (_mm256_movemask_epi8(is_good) == -1).then(|| _mm256_add_epi8(characters, distances))
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_half(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: sixteen bytes are read, at any alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are read, at any alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(vector: __m256i, bytes: &mut [MaybeUninit<u8>; 32]) {
    // SAFETY: 32 bytes are written, at any alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) };
}

#[target_feature(enable = "avx2")]
#[inline]
fn to_array(vector: __m256i) -> [u8; 32] {
    let mut bytes = [0; 32];
    // SAFETY: 32 bytes are written, at any alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) };
    bytes
}

#[target_feature(enable = "avx512vbmi,avx512bw")]
#[inline]
fn load_512(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are read, at any alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512vbmi,avx512bw")]
#[inline]
fn store_512(vector: __m512i, bytes: &mut [MaybeUninit<u8>; 64]) {
    // SAFETY: 64 bytes are written, at any alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), vector) };
}

#[target_feature(enable = "avx512vbmi,avx512bw")]
#[inline]
fn to_array_512(vector: __m512i) -> [u8; 64] {
    let mut bytes = [0; 64];
    // SAFETY: 64 bytes are written, at any alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), vector) };
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fn values() -> [u8; 128] {
        let mut values = [0x80; 128];
        for (bits, &character) in ALPHABET.iter().enumerate() {
            values[usize::from(character)] = bits as u8;
        }
        (values[usize::from(b'-')], values[usize::from(b'_')]) = (62, 63);
        values
    }

    fn initialized<const N: usize>(bytes: [MaybeUninit<u8>; N]) -> [u8; N] {
        // SAFETY: all arrays here are initialized when they are made.
        bytes.map(|byte| unsafe { byte.assume_init() })
    }

    /// Both vector sizes against each other: only one of them is chosen on any machine.
    #[test]
    fn avx2_does_what_avx_512_does() {
        if !is_x86_feature_detected!("avx512vbmi") {
            return;
        }
        let bytes: Vec<u8> = (0..48 * 40_u32).map(|at| ((at * at) >> 3) as u8).collect();
        let (mut small, mut large) = ([MaybeUninit::new(0); 2560], [MaybeUninit::new(0); 2560]);
        // SAFETY: the processor has AVX-512, and with it AVX2.
        let done = unsafe { write_base64_avx2(ALPHABET, &bytes, &mut small) };
        // SAFETY: as above.
        let more = unsafe { write_base64_vbmi(ALPHABET, &bytes, &mut large) };
        let len = done.min(more) / 3 * 4;
        let (small, large) = (initialized(small), initialized(large));
        assert!(len > 2400);
        assert_eq!(small[..len], large[..len]);
        for bad in (0..len).step_by(13) {
            for character in [b'!', b'=', b'\n', b'@', b'[', b'`', b'{', 0x80, 0xff] {
                let mut text = small;
                text[bad] = character;
                let mut ours = [MaybeUninit::new(0); 1920];
                let mut theirs = ours;
                // SAFETY: as above.
                let done = unsafe { read_base64_avx2(&text[..len], &mut ours) };
                // SAFETY: as above.
                let more = unsafe { read_base64_vbmi(&values(), &text[..len], &mut theirs) };
                assert_eq!((done, more), (bad / 32 * 32, bad / 64 * 64));
                let (ours, theirs) = (initialized(ours), initialized(theirs));
                assert_eq!(ours[..done / 4 * 3], bytes[..done / 4 * 3]);
                assert_eq!(theirs[..more / 4 * 3], bytes[..more / 4 * 3]);
            }
        }
    }

    #[test]
    fn avx2_reads_the_hex_that_avx_512_reads() {
        if !is_x86_feature_detected!("avx512vbmi") {
            return;
        }
        let value = |character: u8| char::from(character).to_digit(16).map_or(0x80, |v| v as u8);
        let values: [u8; 128] = std::array::from_fn(|character| value(character as u8));
        let text: [u8; 192] = std::array::from_fn(|at| b"0123456789abcdefABCDEF"[at * 7 % 22]);
        for (at, character) in (0..192)
            .step_by(11)
            .flat_map(|at| (0..=255).map(move |byte| (at, byte)))
        {
            let mut text = text;
            text[at] = character;
            let mut ours = [MaybeUninit::new(0); 96];
            let mut theirs = ours;
            // SAFETY: the processor has AVX-512, and with it AVX2.
            let done = unsafe { read_hex_avx2(&text, &mut ours) };
            // SAFETY: as above.
            let more = unsafe { read_hex_vbmi(&values, &text, &mut theirs) };
            assert_eq!((done, initialized(ours)), (more, initialized(theirs)));
            let is_digit = character.is_ascii_hexdigit();
            assert_eq!(done, if is_digit { 96 } else { at / 64 * 32 });
        }
    }
}
