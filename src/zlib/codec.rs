//! What the libraries have in common.

use super::ZlibError;

/// One way of coding bytes, a piece at a time.
pub(super) trait Codec: Send {
    /// What the coded bytes are.
    fn format(&self) -> &'static str;

    /// Codes from the beginning of `input` into `output`. `is_last` when nothing follows the input.
    fn code(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        is_last: bool,
    ) -> Result<Progress, ZlibError>;
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Bytes of the input that are not needed any more.
    pub(super) consumed: usize,
    /// Bytes that are in the output.
    pub(super) produced: usize,
    /// That was all; what is left of the input does not belong to it.
    pub(super) has_ended: bool,
}
