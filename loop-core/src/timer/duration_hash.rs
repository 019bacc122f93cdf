//! How the lists of timers are found by their duration.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Multiplies by a random odd number: enough for 31-bit durations, several times faster than
/// SipHash, and not predictable to somebody who chooses durations.
#[derive(Clone)]
pub(super) struct DurationHash(u64);

impl DurationHash {
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0_u8) | 1)
    }
}

impl BuildHasher for DurationHash {
    type Hasher = DurationHasher;

    fn build_hasher(&self) -> DurationHasher {
        DurationHasher {
            factor: self.0,
            hash: 0,
        }
    }
}

pub(super) struct DurationHasher {
    factor: u64,
    hash: u64,
}

impl Hasher for DurationHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        let mixed = (self.hash ^ u64::from(value)).wrapping_mul(self.factor);
        // The table takes its index from the low bits and its tag from the high ones.
        self.hash = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}
