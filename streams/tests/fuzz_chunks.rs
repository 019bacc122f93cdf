//! Whatever comes in, and however it is cut, transforms keep their promises.
//!
//! `tests/corpus/chunks` has inputs that are worth a look; they are replayed here, and varied for as many
//! seconds as `SYNODIC_FUZZ_SECONDS` says.
#![cfg(all(feature = "json", not(synodic_loom)))]

mod common;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use common::block_on;
use synodic_buffers::Buffer;
use synodic_streams::{
    JsonLines, Lines, Options, ToJsonLines, Transform, compose, from_iter, node, pipeline,
};

/// Variations that are tried in a test that nobody gave any time.
const ROUNDS_MIN: u32 = 1_000;

/// Longest input, in bytes.
const LEN_MAX: usize = 300;

/// What is fuzzed: the first bytes say where the rest is cut.
fn chunks(input: &[u8]) {
    let (cuts, bytes) = input.split_at(input.len().min(4));
    let parts = || {
        let mut rest = Buffer::copy_from_slice(bytes);
        let mut parts = Vec::new();
        for cut in cuts {
            parts.push(rest.split_to(usize::from(*cut) % (rest.len() + 1)));
        }
        parts.push(rest);
        parts
    };
    same(parts(), bytes, Lines::new);
    same(parts(), bytes, || Lines::new().max(7));
    same(parts(), bytes, JsonLines::<serde_json::Value>::new);
    // There and back again.
    same(parts(), bytes, || {
        compose(JsonLines::<serde_json::Value>::new(), ToJsonLines::new())
    });
    as_objects(&parts(), bytes);
}

/// Cut or not, what comes out is the same, or fails the same.
fn same<X, F>(parts: Vec<Buffer>, whole: &[u8], transform: F)
where
    X: Transform<In = Buffer, Out: PartialEq + std::fmt::Debug>,
    F: Fn() -> X,
{
    let run = |parts: Vec<Buffer>| {
        let mut out = Vec::new();
        let result = block_on(pipeline((from_iter(parts), transform(), &mut out)));
        (
            out,
            result
                .map_err(|error| error.to_string())
                .map(|totals| totals.items),
        )
    };
    let (out, result) = run(parts);
    let (whole_out, whole_result) = run(vec![Buffer::copy_from_slice(whole)]);
    assert_eq!(result, whole_result);
    if result.is_ok() {
        assert_eq!(out, whole_out);
    }
}

/// The same bytes come out of Node's objects.
fn as_objects(parts: &[Buffer], whole: &[u8]) {
    let options = Options::bytes(16);
    let pass = node::pass_through(options, options);
    let source = node::Readable::from_iter(parts.to_vec(), options);
    source.pipe(pass.writable());
    let read = pass.readable().clone();
    node::spawn({
        let whole = whole.to_vec();
        async move {
            let parts = read.to_vec().await.expect("nothing fails");
            assert_eq!(Buffer::concat(&parts), whole);
        }
    });
    node::settle();
    assert!(pass.readable().is_ended());
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

    fn vary(&mut self, input: &mut Vec<u8>) {
        const EDGES: &[u8] = b"\n\r\n{}[]\",:0 \\u\x00\xc3\xa9\xff";
        let at = self.below(input.len());
        let byte = EDGES[self.below(EDGES.len())];
        match self.below(4) {
            0 => input.insert(at, byte),
            1 => drop(input.splice(at.., None)),
            2 => {
                let end = at + self.below(input.len() - at);
                input.extend_from_within(at..end);
            }
            _ => {
                if let Some(place) = input.get_mut(at) {
                    *place = byte;
                }
            }
        }
        input.truncate(LEN_MAX);
    }
}

#[test]
fn the_corpus_and_its_variations_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/chunks");
    let inputs = fs::read_dir(folder).unwrap();
    let corpus: Vec<_> = inputs
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!corpus.is_empty());
    corpus.iter().for_each(|input| chunks(input));
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
        chunks(&input);
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
