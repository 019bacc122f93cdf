//! Searching, comparing, filling, copying and numbers, against plain loops.
#![cfg(not(synodic_loom))]

use proptest::prelude::*;
use synodic_buffers::{Blob, Buffer, BytesExt, Encoding, Error, Numbers};

fn naive(hay: &[u8], needle: &[u8], step: usize) -> Vec<usize> {
    let places = 0..(hay.len() + 1).saturating_sub(needle.len());
    let is_there = |&at: &usize| at % step == 0 && hay[at..].starts_with(needle);
    places.filter(is_there).collect()
}

/// Bytes of which many are equal, so that much is found, and almost found.
fn dull(max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![8 => Just(b'a'), 1 => Just(b'b'), 1 => Just(0)],
        0..max,
    )
}

proptest! {
    #[test]
    fn searches_find_what_a_loop_finds(hay in dull(400), needle in dull(6), from in 0usize..400) {
        prop_assume!(!needle.is_empty());
        let (from, places) = (from.min(hay.len()), naive(&hay, &needle, 1));
        let first = places.iter().copied().find(|&at| at >= from);
        let last = places.iter().copied().rfind(|&at| at <= from);
        prop_assert_eq!(hay.index_of(&needle, from as isize), first);
        prop_assert_eq!(hay.last_index_of(&needle, from as isize), last);
        prop_assert_eq!(hay.includes(&needle, from as isize), first.is_some());
    }

    #[test]
    fn units_are_found_at_even_offsets(hay in dull(400), units in dull(4), from in 0usize..200) {
        prop_assume!(!units.is_empty());
        let units: Vec<u16> = units.into_iter().map(u16::from).collect();
        let needle = Encoding::Utf16Le.encode(&units);
        let (from, places) = ((2 * from).min(hay.len() & !1), naive(&hay, &needle, 2));
        let first = places.iter().copied().find(|&at| at >= from);
        let last = places.iter().copied().rfind(|&at| at <= from);
        let utf16 = Encoding::Utf16Le;
        prop_assert_eq!(hay.index_of_text(&units, utf16, from as isize), first);
        prop_assert_eq!(hay.last_index_of_text(&units, utf16, from as isize), last);
    }

    #[test]
    fn a_filled_range_repeats_the_pattern(
        mut bytes: Vec<u8>,
        pattern in proptest::collection::vec(any::<u8>(), 1..9),
        start in 0usize..20,
    ) {
        let before = bytes.clone();
        let (start, len) = (start.min(bytes.len()), bytes.len());
        bytes.fill_with_pattern(&pattern, start..len).unwrap();
        prop_assert_eq!(&bytes[..start], &before[..start]);
        let expected = pattern.iter().cycle().take(len - start);
        prop_assert!(bytes[start..].iter().eq(expected));
    }

    #[test]
    fn numbers_come_back(value: u64, offset in 0usize..4, width in 1usize..7) {
        let mut bytes = [0; 12];
        bytes.write_u64_be(offset, value).unwrap();
        prop_assert_eq!(bytes.read_u64_be(offset), Ok(value));
        prop_assert_eq!(bytes.read_f64_be(offset).unwrap().to_bits(), value);
        let unused = 64 - 8 * width;
        let (unsigned, signed) = (value >> unused, value as i64 >> unused);
        prop_assert_eq!(bytes.write_uint_le(offset, unsigned as i64, width), Ok(offset + width));
        prop_assert_eq!(bytes.read_uint_le(offset, width), Ok(unsigned));
        bytes.write_int_be(offset, signed, width).unwrap();
        prop_assert_eq!(bytes.read_int_be(offset, width), Ok(signed));
    }

    #[test]
    fn a_blob_is_its_parts(parts: Vec<Vec<u8>>, start in -40isize..40, end in -40isize..40) {
        let blob = Blob::new(parts.clone());
        let all = Buffer::from(parts.concat());
        prop_assert_eq!(&blob.to_buffer(), &all);
        prop_assert_eq!(blob.slice(start, end).to_buffer(), all.subarray(start, end));
    }
}

/// Searches whose candidates are nearly all wrong fall back to the linear search, with the same result.
#[test]
fn many_wrong_candidates_do_not_change_what_is_found() {
    let hay = b"ab".repeat(5000);
    let mut needle = b"ab".repeat(20);
    needle[17] = b'x';
    assert_eq!(hay.last_index_of(&needle, isize::MAX), None);
    let mut with = hay.clone();
    with[100..140].copy_from_slice(&needle);
    assert_eq!(with.last_index_of(&needle, isize::MAX), Some(100));
    let units: Vec<u16> = needle.iter().copied().map(u16::from).collect();
    let wide = |bytes: &[u8]| Encoding::Utf16Le.encode(&Encoding::Latin1.decode(bytes));
    let utf16 = Encoding::Utf16Le;
    assert_eq!(wide(&with).index_of_text(&units, utf16, 0), Some(200));
    assert_eq!(
        wide(&with).last_index_of_text(&units, utf16, isize::MAX),
        Some(200)
    );
    assert_eq!(wide(&hay).index_of_text(&units, utf16, 0), None);
}

#[test]
fn errors_say_what_was_wrong() {
    let mut bytes = [0; 3];
    let (name, value, max) = ("offset", 2, 1);
    assert_eq!(
        bytes.read_u16_le(2),
        Err(Error::OutOfRange { name, value, max })
    );
    let error = bytes.write_uint_be(0, 256, 1).unwrap_err();
    assert_eq!(error.to_string(), "256 does not fit 1 bytes");
    assert_eq!(bytes.read_int_le(0, 7), Err(Error::BadWidth { width: 7 }));
    assert_eq!(
        bytes.swap16().unwrap_err().code(),
        "ERR_INVALID_BUFFER_SIZE"
    );
    assert_eq!(
        bytes.fill_with_pattern(b"", 1..3),
        Err(Error::EmptyPattern { len: 2 })
    );
    assert_eq!(bytes.fill_with_pattern(b"", 1..1), Ok(()));
    assert_eq!(bytes, [0; 3]);
}

#[test]
fn copies_overlap() {
    let mut bytes = *b"abcdef";
    assert_eq!(bytes.copy_inside(0..5, 1), Ok(5));
    assert_eq!(bytes, *b"aabcde");
    assert_eq!(bytes.copy_inside(1..99, 0), Ok(5));
    assert_eq!(bytes, *b"abcdee");
}

#[test]
fn the_text_of_a_blob_has_no_byte_order_mark() {
    // As recorded on Node: one is left out, also when it comes in parts, and none elsewhere.
    let text = |parts: &[&'static [u8]]| Blob::new(parts.iter().copied()).text();
    assert_eq!(text(&[b"\xef\xbb", b"\xbfa\xef\xbb\xbf"]), "a\u{feff}");
    assert_eq!(text(&[b"\xef\xbb\xbf\xef\xbb\xbfa"]), "\u{feff}a");
}
