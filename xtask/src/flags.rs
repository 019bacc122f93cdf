//! The command line.
#![allow(unreachable_pub, reason = "the macro writes `pub`")]

use std::ffi::OsString;
use std::path::PathBuf;

xflags::xflags! {
    /// The commands by which anyone can see that Synodic works.
    cmd xtask {
        /// Runs every check, or the named steps: what a change must pass.
        cmd ci {
            /// A step's name; all steps when none is given.
            repeated step: String
        }

        /// Replays recorded vectors: SUITE [--vectors FILE]... [--driver D] [--real-clock] [--live N --seed S].
        cmd conformance {
            /// Handed to the harness as they are.
            repeated args: OsString
        }

        /// Checks the rules of the design and the style that a compiler does not.
        cmd tidy {}

        /// Runs the loom models, then their mutants, each in its own process.
        cmd loom {
            /// The package whose models to run; all packages when none is given.
            optional package: String
        }

        /// Runs the long checks at full size.
        cmd soak {
            /// Part of a check's name; all checks when none is given.
            repeated name: String
            /// Size as a share of the full one.
            optional --scale scale: f64
        }

        /// Runs the tests of the crates with `unsafe` under the address sanitizer (nightly).
        cmd asan {}

        /// Measures Synodic and its rivals in the same run.
        cmd bench {
            /// A bench's name; all benches when none is given.
            repeated name: String
            /// Where to write one JSON object a row.
            optional --json file: PathBuf
            /// Pairs of measurements; at least 20 for a number that is quoted.
            optional --pairs pairs: usize
        }

        /// Runs fuzz targets.
        cmd fuzz {
            /// The target to run; all of them when none is given.
            optional target: String
            /// Seconds for each target.
            optional --seconds seconds: u64
        }
    }
}
