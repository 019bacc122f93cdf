//! Memory for bytes taken and given back, and what is done with 64 KiB of them.
//!
//! `alloc-SIZE`: a buffer of SIZE bytes is allocated, its first byte written, frozen and dropped.
//! `base64` and `hex` make text of bytes, `-decode` bytes of text; `index_of` and `last_index_of` look
//! for five letters that are not there.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::Instant;

use synodic_benches::{COUNT, report};
use synodic_buffers::{BufferMut, BytesExt, Encoding};

/// Sizes that are allocated: of small pieces, at the border of pages, and of chunks of a stream.
const SIZES: [usize; 6] = [64, 256, 1024, 4096, 16_384, 65_536];

/// Bytes that are encoded and searched.
const LEN: usize = 65_536;

/// How often they are.
const ROUNDS: usize = 2000;

/// Letters that stand nowhere in the text.
const ABSENT: &[u8] = b"query";

fn main() {
    for size in SIZES {
        let start = Instant::now();
        for _ in 0..COUNT {
            let mut buffer = BufferMut::with_capacity(black_box(size));
            buffer.put(black_box(b"x"));
            drop(black_box(buffer.freeze()));
        }
        report(&format!("alloc-{size}"), start.elapsed(), COUNT);
    }
    let bytes: Vec<u8> = random().take(LEN).map(|number| number as u8).collect();
    for encoding in [Encoding::Base64, Encoding::Hex] {
        let text = encoding.decode(&bytes);
        time(encoding.name(), || {
            drop(black_box(encoding.decode(black_box(&bytes))))
        });
        let case = format!("{encoding}-decode");
        time(&case, || drop(black_box(encoding.encode(black_box(&text)))));
    }
    let letter = |number: u32| match number % 27 {
        26 => b' ',
        letter => b'a' + letter as u8,
    };
    let text: Vec<u8> = random().take(LEN).map(letter).collect();
    time("index_of", || {
        assert_eq!(black_box(&text).index_of(ABSENT, 0), None)
    });
    time("last_index_of", || {
        assert_eq!(black_box(&text).last_index_of(ABSENT, isize::MAX), None);
    });
}

fn time(case: &str, job: impl Fn()) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        job();
    }
    report(case, start.elapsed(), ROUNDS);
}

/// The same numbers in every program (Knuth's generator, the upper half of each state).
fn random() -> impl Iterator<Item = u32> {
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u32
    })
}
