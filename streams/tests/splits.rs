//! However the input is split, a transform's output is the same: the splits are random.

mod common;

use common::block_on;
use proptest::prelude::*;
use synodic_buffers::Buffer;
use synodic_streams::{Lines, Source, Transform, compose, from_iter, map};

/// The input cut at each of `cuts`, as far as they lie in it.
fn split(input: &[u8], cuts: &[usize]) -> Vec<Buffer> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (input.len() + 1)).collect();
    cuts.extend([0, input.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|pair| Buffer::copy_from_slice(&input[pair[0]..pair[1]]))
        .collect()
}

fn run<X: Transform<In = Buffer>>(chunks: Vec<Buffer>, transform: X) -> Vec<X::Out> {
    block_on(from_iter(chunks).through(transform).to_vec()).unwrap()
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()];
    proptest::collection::vec(byte, 0..300)
}

proptest! {
    #[test]
    fn lines_do_not_depend_on_the_splits(
        input in input(),
        cuts in proptest::collection::vec(any::<usize>(), 0..20),
    ) {
        let whole = run(vec![Buffer::copy_from_slice(&input)], Lines::new());
        let parts = run(split(&input, &cuts), Lines::new());
        prop_assert_eq!(&whole, &parts);
        let mut expected: Vec<_> = input
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .collect();
        if input.is_empty() || input.ends_with(b"\n") {
            expected.pop();
        }
        prop_assert_eq!(whole, expected);
    }

    #[test]
    fn composed_transforms_do_not_depend_on_the_splits(
        input in input(),
        cuts in proptest::collection::vec(any::<usize>(), 0..20),
    ) {
        let both = || compose(Lines::new(), map(|line: Buffer| Ok(line.len())));
        let whole = run(vec![Buffer::copy_from_slice(&input)], both());
        prop_assert_eq!(whole, run(split(&input, &cuts), both()));
    }
}

#[test]
fn a_line_that_is_too_long_is_refused_before_it_is_held() {
    let chunks = vec![Buffer::from_static(b"0123"), Buffer::from_static(b"4567")];
    let result = block_on(from_iter(chunks).through(Lines::new().max(5)).to_vec());
    assert_eq!(result.unwrap_err().code(), "ERR_BUFFER_TOO_LARGE");
}
