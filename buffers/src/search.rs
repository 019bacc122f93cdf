//! Where some bytes are in others.
//!
//! Forwards, `memchr` does it. Backwards, and for units of UTF-16, a block of positions at a time is
//! compared with the first and the last unit of what is looked for, in a loop that becomes vector
//! code (W. Muła, "SIMD-friendly algorithms for substring searching", 2016). Where too many
//! positions turn out wrong, the rest is searched in linear time.

use memchr::{memchr, memmem, memrchr};

/// Positions that are compared at a time.
const BLOCK: usize = 64;

/// Wrong positions that are worth as much time as starting the linear search.
const WRONG_MAX: usize = 256;

/// Where Node begins to search: an offset counts from the end when it is negative.
///
/// `None` when nothing can be found from there. For the rest, as `String.indexOf` has it: what lies
/// beyond an end is taken for the end, and an empty needle is found at the offset itself.
fn start(len: usize, needle_len: usize, from: isize, is_forward: bool) -> Option<usize> {
    let Ok(from) = usize::try_from(from) else {
        let back = from.unsigned_abs();
        return match len.checked_sub(back) {
            Some(start) => Some(start),
            None if is_forward || needle_len == 0 => Some(0),
            None => None,
        };
    };
    if from.checked_add(needle_len).is_some_and(|end| end <= len) {
        Some(from)
    } else if needle_len == 0 {
        Some(len)
    } else if is_forward {
        None
    } else {
        len.checked_sub(1)
    }
}

/// The first place of `needle` at `from` or after it.
pub(crate) fn index_of(hay: &[u8], needle: &[u8], from: isize) -> Option<usize> {
    let start = start(hay.len(), needle.len(), from, true)?;
    let found = match *needle {
        [] => return Some(start),
        [byte] => memchr(byte, &hay[start..]),
        _ => memmem::find(&hay[start..], needle),
    };
    found.map(|at| start + at)
}

/// The last place of `needle` at `from` or before it.
pub(crate) fn last_index_of(hay: &[u8], needle: &[u8], from: isize) -> Option<usize> {
    let start = start(hay.len(), needle.len(), from, false)?;
    // The place may be at `start` itself, so the end of what is searched lies behind it.
    let end = (start + needle.len()).min(hay.len());
    match *needle {
        [] => Some(start),
        [byte] => memrchr(byte, &hay[..end]),
        _ => last_of(&hay[..end], needle, |hay| memmem::rfind(hay, needle)),
    }
}

/// The first or last place of `needle`, in bytes. Places begin at an even offset.
pub(crate) fn index_of_units(
    hay: &[u8],
    needle: &[u16],
    from: isize,
    is_forward: bool,
) -> Option<usize> {
    let (hay, _) = hay.as_chunks::<2>();
    let (len, needle_len) = (hay.len() * 2, needle.len() * 2);
    let start = start(len, needle_len, from, is_forward)?;
    if needle.is_empty() {
        return Some(start);
    }
    if is_forward && start + needle_len > len {
        // Not even at an odd offset is there room, which half of it would hide below.
        return None;
    }
    let needle: Vec<[u8; 2]> = needle.iter().map(|unit| unit.to_le_bytes()).collect();
    let start = start / 2;
    let found = if is_forward {
        let linear = |hay: &[[u8; 2]]| linear(hay.iter(), needle.iter());
        first_of(hay.get(start..)?, &needle, linear).map(|at| start + at)
    } else {
        let end = (start + needle.len()).min(hay.len());
        let linear = |hay: &[[u8; 2]]| {
            let behind = linear(hay.iter().rev(), needle.iter().rev())?;
            Some(hay.len() - behind - needle.len())
        };
        last_of(&hay[..end], &needle, linear)
    };
    found.map(|at| at * 2)
}

/// Whether `first` and `last` stand at one of the positions of a block.
#[inline(always)]
fn is_in_block<T: Copy + Eq>(heads: &[T], tails: &[T], first: T, last: T) -> bool {
    let mut any = false;
    for (&head, &tail) in heads.iter().zip(tails) {
        any |= (head == first) & (tail == last);
    }
    any
}

/// The last place of `needle`; `linear` finds it in what is left.
#[inline]
fn last_of<T: Copy + Eq>(
    hay: &[T],
    needle: &[T],
    linear: impl FnOnce(&[T]) -> Option<usize>,
) -> Option<usize> {
    let span = needle.len() - 1;
    let (first, last) = (needle[0], needle[span]);
    // Places are below `places`.
    let mut places = hay.len().checked_sub(span)?;
    let mut wrong = 0;
    while places > 0 {
        let block = places.saturating_sub(BLOCK);
        let (heads, tails) = (&hay[block..places], &hay[block + span..places + span]);
        if is_in_block(heads, tails, first, last) {
            for at in (block..places).rev() {
                if hay[at] != first || hay[at + span] != last {
                    continue;
                }
                if hay[at..=at + span] == *needle {
                    return Some(at);
                }
                wrong += 1;
            }
            if wrong > WRONG_MAX {
                return linear(&hay[..block + span]);
            }
        }
        places = block;
    }
    None
}

/// The first place of `needle`; `linear` finds it in what is left.
fn first_of<T: Copy + Eq>(
    hay: &[T],
    needle: &[T],
    linear: impl FnOnce(&[T]) -> Option<usize>,
) -> Option<usize> {
    let span = needle.len() - 1;
    let (first, last) = (needle[0], needle[span]);
    let places = hay.len().checked_sub(span)?;
    let mut wrong = 0;
    for block in (0..places).step_by(BLOCK) {
        let end = (block + BLOCK).min(places);
        if !is_in_block(
            &hay[block..end],
            &hay[block + span..end + span],
            first,
            last,
        ) {
            continue;
        }
        for at in block..end {
            if hay[at] == first && hay[at + span] == last {
                if hay[at..=at + span] == *needle {
                    return Some(at);
                }
                wrong += 1;
            }
        }
        if wrong > WRONG_MAX {
            return linear(&hay[end..]).map(|at| end + at);
        }
    }
    None
}

/// Searches in a time that is linear whatever the input (Knuth, Morris and Pratt, 1977). Returns how
/// many items stand before the place.
fn linear<T: Copy + Eq>(
    hay: impl Iterator<Item = T>,
    needle: impl Iterator<Item = T>,
) -> Option<usize> {
    let needle: Vec<T> = needle.collect();
    // For each prefix, the length of the longest shorter prefix that it ends with.
    let mut borders = vec![0];
    let mut border = 0;
    for &item in &needle[1..] {
        while border > 0 && item != needle[border] {
            border = borders[border - 1];
        }
        border += usize::from(item == needle[border]);
        borders.push(border);
    }
    let mut matched = 0;
    for (at, item) in hay.enumerate() {
        while matched > 0 && item != needle[matched] {
            matched = borders[matched - 1];
        }
        matched += usize::from(item == needle[matched]);
        if matched == needle.len() {
            return Some(at + 1 - matched);
        }
    }
    None
}
