//! For processors whose vectors nobody has written code for.

use std::mem::MaybeUninit;

pub(crate) fn write_hex(_: &[u8], _: &mut [MaybeUninit<u8>]) -> usize {
    0
}

pub(crate) fn read_hex(_: &[u8; 128], _: &[u8], _: &mut [MaybeUninit<u8>]) -> usize {
    0
}

pub(crate) fn write_base64(_: &[u8; 64], _: &[u8], _: &mut [MaybeUninit<u8>]) -> usize {
    0
}

pub(crate) fn read_base64(_: &[u8; 128], _: &[u8], _: &mut [MaybeUninit<u8>]) -> usize {
    0
}
