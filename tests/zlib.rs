//! Goal: what was compressed comes back, however it was cut up, and what was not is refused. Method:
//! every format both ways, with any splits; damage at every byte; Node's own zlib where Node is there.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use synodic::buffers::Buffer;
use synodic::stream::{Error, Source, from_iter};
use synodic::zlib::{Compressor, Decompressor, ZlibError};

/// A format, with Node's names of its functions.
struct Format {
    compressor: fn() -> Compressor,
    decompressor: fn() -> Decompressor,
    node: Option<[&'static str; 2]>,
}

const FORMATS: &[Format] = &[
    Format {
        compressor: || Compressor::gzip(6),
        decompressor: Decompressor::gzip,
        node: Some(["gzipSync", "gunzipSync"]),
    },
    Format {
        compressor: || Compressor::deflate(9),
        decompressor: Decompressor::deflate,
        node: Some(["deflateSync", "inflateSync"]),
    },
    Format {
        compressor: || Compressor::deflate_raw(1),
        decompressor: Decompressor::deflate_raw,
        node: Some(["deflateRawSync", "inflateRawSync"]),
    },
    Format {
        compressor: || Compressor::brotli(5),
        decompressor: Decompressor::brotli,
        node: Some(["brotliCompressSync", "brotliDecompressSync"]),
    },
    Format {
        compressor: || Compressor::zstd(3).unwrap(),
        decompressor: || Decompressor::zstd().unwrap(),
        // Node 20 has none.
        node: None,
    },
];

/// Runs a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut cx) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}

fn compress(format: &Format, pieces: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let source = from_iter(pieces).map(|piece| Buffer::copy_from_slice(piece.as_ref()));
    let source = source.through((format.compressor)());
    Buffer::concat(&ready(source.to_vec()).unwrap()).to_vec()
}

fn decompress(decompressor: Decompressor, pieces: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, Error> {
    let source = from_iter(pieces).map(|piece| Buffer::copy_from_slice(piece.as_ref()));
    let pieces = ready(source.through(decompressor).to_vec())?;
    Ok(Buffer::concat(&pieces).to_vec())
}

fn reason(result: Result<Vec<u8>, Error>) -> ZlibError {
    let error = result.unwrap_err();
    let reason = *error.downcast_ref::<ZlibError>().unwrap();
    assert_eq!(error.code(), reason.code());
    reason
}

/// Cuts `bytes` at the places that `cuts` say, modulo its length.
fn cut(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    let pieces = places.windows(2);
    pieces
        .map(|pair| bytes[pair[0]..pair[1]].to_vec())
        .collect()
}

fn text(len: usize) -> Vec<u8> {
    (0..len)
        .map(|index| b"the quick brown fox "[index * index % 20])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_of_any_input_comes_back(
        bytes in proptest::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..3000),
        repeat in 1_usize..40,
        cuts in proptest::collection::vec(any::<usize>(), 0..6),
    ) {
        let bytes = bytes.repeat(repeat);
        for format in FORMATS {
            let packed = compress(format, &cut(&bytes, &cuts));
            let whole = decompress((format.decompressor)(), &[&packed]).unwrap();
            prop_assert!(whole == bytes);
            let pieces = decompress((format.decompressor)(), &cut(&packed, &cuts)).unwrap();
            prop_assert!(pieces == bytes);
        }
    }

    #[test]
    fn any_bytes_at_all_are_an_answer_or_an_error(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        damage in any::<(usize, u8)>(),
    ) {
        for format in FORMATS {
            let bounded = || (format.decompressor)().max_output(1 << 20);
            let _ = decompress(bounded(), &[&bytes]);
            let mut packed = compress(format, &[&bytes]);
            let place = damage.0 % packed.len();
            packed[place] ^= damage.1;
            let _ = decompress(bounded(), &[&packed]);
        }
    }
}

#[test]
fn bytes_that_end_too_early_are_said_to() {
    let bytes = text(5000);
    for format in FORMATS {
        let packed = compress(format, &[&bytes]);
        for len in 0..packed.len() {
            let result = decompress((format.decompressor)(), &[&packed[..len]]);
            let reason = reason(result);
            assert!(
                matches!(reason, ZlibError::UnexpectedEnd { .. }),
                "{reason} at {len}"
            );
        }
    }
}

#[test]
fn bytes_of_another_format_are_refused() {
    let garbage = b"<html>this is not compressed</html>".to_vec();
    for format in FORMATS {
        let reason = reason(decompress((format.decompressor)(), &[&garbage]));
        assert!(matches!(reason, ZlibError::Corrupt { .. }), "{reason}");
    }
}

#[test]
fn members_follow_each_other_and_anything_else_is_passed_over() {
    let gzip = &FORMATS[0];
    let (one, two) = (compress(gzip, &[text(100)]), compress(gzip, &[text(50)]));
    let both = [text(100), text(50)].concat();
    let expect = |pieces: &[Vec<u8>]| {
        assert_eq!(decompress(Decompressor::gzip(), pieces).unwrap(), both);
    };
    expect(&[one.clone(), two.clone()]);
    expect(&[[one.clone(), two.clone()].concat()]);
    expect(&[[one.clone(), two.clone(), b"\0\0garbage".to_vec()].concat()]);
    expect(&[one.clone(), two.clone(), vec![0], b"more".to_vec()]);
    for garbage in [b"garbage".to_vec(), [b"\x1e", &two[1..]].concat()] {
        let result = decompress(Decompressor::gzip(), &[one.clone(), garbage]);
        assert_eq!(reason(result), ZlibError::Corrupt { format: "gzip" });
    }
    let cut_off = [one, two[..5].to_vec()].concat();
    let reason = reason(decompress(Decompressor::gzip(), &[&cut_off]));
    assert_eq!(reason, ZlibError::UnexpectedEnd { format: "gzip" });
    let zstd = FORMATS.last().unwrap();
    let frames = [compress(zstd, &[text(100)]), compress(zstd, &[text(50)])];
    assert_eq!(
        decompress(Decompressor::zstd().unwrap(), &frames).unwrap(),
        both
    );
}

#[test]
fn growth_has_bounds() {
    let zeros = vec![0; 4 << 20];
    for format in FORMATS {
        let packed = [compress(format, &[&zeros])];
        let exact = (format.decompressor)().max_output(4 << 20);
        assert_eq!(decompress(exact, &packed).unwrap(), zeros);
        let bounded = (format.decompressor)().max_output((4 << 20) - 1);
        let bytes_max = (4 << 20) - 1;
        assert_eq!(
            reason(decompress(bounded, &packed)),
            ZlibError::TooLong { bytes_max }
        );
        let bounded = (format.decompressor)().max_expansion(100);
        assert_eq!(
            reason(decompress(bounded, &packed)),
            ZlibError::TooDense { ratio: 100 }
        );
    }
    // What does not grow is not bounded.
    let random: Vec<u8> = (0..3_u32 << 19)
        .flat_map(|index| (index.wrapping_mul(0x9e37_79b9) >> 7).to_le_bytes())
        .take(2 << 20)
        .collect();
    for format in FORMATS {
        let packed = [compress(format, &[&random])];
        let bounded = (format.decompressor)().max_expansion(20);
        assert_eq!(decompress(bounded, &packed).unwrap(), random);
    }
}

/// What Node's `function` makes of `bytes`.
fn node(function: &str, bytes: &[u8]) -> Vec<u8> {
    let script = format!(
        "const b = require('fs').readFileSync(0); \
         process.stdout.write(require('zlib').{function}(b))"
    );
    let mut node = Command::new("node")
        .args(["-e", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn node_reads_what_we_write_and_we_what_node_writes() {
    let version = Command::new("node").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: there is no node to compare with");
        return;
    }
    for bytes in [Vec::new(), text(1), text(300_000)] {
        for format in FORMATS {
            let Some([pack, unpack]) = format.node else {
                continue;
            };
            assert_eq!(node(unpack, &compress(format, &[&bytes])), bytes);
            let packed = node(pack, &bytes);
            assert_eq!(
                decompress((format.decompressor)(), &[&packed]).unwrap(),
                bytes
            );
        }
    }
}
