//! Whatever comes in, the encodings, the decoder and the searches keep their promises.
//!
//! `tests/corpus/codec` has inputs that once were worth a look; they are replayed here, and varied for as
//! many seconds as `SYNODIC_FUZZ_SECONDS` says.
#![cfg(not(synodic_loom))]

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use synodic_buffers::{Buffer, BytesExt, Encoding, StringDecoder, Text, transcode};

/// Variations that are tried in a test that nobody gave any time.
const ROUNDS_MIN: u32 = 2_000;

/// Longest input: several vectors of the widest kind, and some more.
const LEN_MAX: usize = 400;

/// What is fuzzed: the first byte chooses an encoding, the second a place.
fn codec(input: &[u8]) {
    let [choice, place, bytes @ ..] = input else {
        return;
    };
    let encoding = Encoding::ALL[usize::from(*choice) % Encoding::ALL.len()];
    let at = usize::from(*place).min(bytes.len());
    decoding(encoding, bytes, at);
    encoding_text(
        encoding,
        &String::from_utf8_lossy(bytes).as_ref().into(),
        at,
    );
    let units = Encoding::Utf16Le.decode_utf16(bytes);
    encoding_text(encoding, &Text::Utf16(&units), at);
    searching(bytes, at);
    for to in Encoding::ALL {
        // An error is as good as a result.
        let _ = transcode(bytes, encoding, to);
    }
}

fn decoding(encoding: Encoding, bytes: &[u8], at: usize) {
    let text = encoding.decode(bytes);
    let mut decoder = StringDecoder::new(encoding);
    let pieces = [
        decoder.write(&bytes[..at]),
        decoder.write(&bytes[at..]),
        decoder.end(),
    ];
    assert_eq!(pieces.concat(), text);
    if let Ok(strict) = encoding.decode_strict(bytes) {
        assert_eq!(strict, text);
        assert_eq!(encoding.encode_strict(&strict).unwrap(), bytes);
    }
}

fn encoding_text(encoding: Encoding, text: &Text<'_>, at: usize) {
    let bytes = encoding.encode(*text);
    assert!(bytes.len() <= encoding.byte_len(*text));
    let mut room = vec![0xaa; LEN_MAX];
    let written = encoding.encode_into(*text, &mut room[..at]);
    assert_eq!(room[..written], bytes[..written]);
    assert!(room[written..].iter().all(|&byte| byte == 0xaa));
    if let Ok(strict) = encoding.encode_strict(*text) {
        assert_eq!(strict, bytes);
        assert_eq!(encoding.byte_len(*text), bytes.len());
    }
}

fn searching(bytes: &[u8], at: usize) {
    let (needle, hay) = bytes.split_at(at.min(4));
    let (from, last) = (at as isize / 2, isize::MAX);
    if needle.is_empty() {
        return;
    }
    let is_there = |window: &[u8]| window == needle;
    let first = hay.windows(needle.len()).position(is_there);
    assert_eq!(hay.index_of(needle, 0), first);
    assert_eq!(
        hay.last_index_of(needle, last),
        hay.windows(needle.len()).rposition(is_there)
    );
    let units = Encoding::Utf16Le.decode_utf16(needle);
    let place = hay.index_of_text(&units, Encoding::Utf16Le, from);
    assert!(place.is_none_or(|place| place % 2 == 0));
    let buffer = Buffer::copy_from_slice(hay);
    assert_eq!(buffer.subarray(from, last), hay[(at / 2).min(hay.len())..]);
}

/// Marsaglia's xorshift: enough to vary inputs by.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    /// Bytes at which something is decided, more often than others.
    fn byte(&mut self) -> u8 {
        const EDGES: &[u8] = b"=-_+/ \n\x00\x7f\x80\xbf\xc2\xd8\xdc\xe0\xed\xf0\xf4\xff09afAFz";
        match self.below(2) {
            0 => EDGES[self.below(EDGES.len())],
            _ => self.below(256) as u8,
        }
    }

    fn vary(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len());
        match self.below(5) {
            0 => input.insert(at, self.byte()),
            1 => drop(input.splice(at.., None)),
            2 => {
                let end = at + self.below(input.len() - at);
                input.extend_from_within(at..end);
            }
            _ => {
                let byte = self.byte();
                input
                    .get_mut(at)
                    .into_iter()
                    .for_each(|place| *place = byte);
            }
        }
        input.truncate(LEN_MAX);
    }
}

#[test]
fn the_corpus_and_its_variations_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/codec");
    let inputs = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let corpus: Vec<Vec<u8>> = inputs.collect();
    assert!(!corpus.is_empty());
    corpus.iter().for_each(|input| codec(input));
    let seconds = std::env::var("SYNODIC_FUZZ_SECONDS").map_or(0, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut round = 0;
    while round < ROUNDS_MIN || Instant::now() < end {
        let mut input = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(8) {
            random.vary(&mut input);
        }
        // Said by a failing assertion's output, together with the seed above.
        let shown = Input(&input);
        codec(&input);
        std::mem::forget(shown);
        round += 1;
    }
}

/// Shows the input when the target panics.
struct Input<'a>(&'a [u8]);

impl Drop for Input<'_> {
    fn drop(&mut self) {
        eprintln!("failing input: {:?}", self.0);
    }
}
