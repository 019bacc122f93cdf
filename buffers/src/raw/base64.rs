//! Base64 a vector at a time, where the processor can.

/// Writes characters for whole groups of `bytes` to the beginning of `out`, and returns how many
/// characters; the rest is the caller's. `out` has room for all.
pub(crate) fn write(_bytes: &[u8], _out: &mut [u8], _is_url: bool) -> usize {
    0
}

/// Reads whole groups of good characters from the beginning of `text`, and returns how many
/// characters and bytes; the rest is the caller's.
pub(crate) fn read(_text: &[u8], _out: &mut [u8]) -> (usize, usize) {
    (0, 0)
}
