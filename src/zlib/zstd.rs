//! Zstandard.

use std::io;

use zstd::stream::raw;
use zstd::stream::raw::{InBuffer, Operation, OutBuffer};

use super::ZlibError;
use super::codec::{Codec, Progress};

const FORMAT: &str = "Zstandard";

/// The base-2 logarithm of the largest window in bytes that every decoder should take (RFC 8878, 3.1.1.1.2).
const WINDOW_LOG_MAX: u32 = 23;

pub(super) struct Encoder(raw::Encoder<'static>);

impl Encoder {
    pub(super) fn new(level: i32) -> Result<Self, ZlibError> {
        raw::Encoder::new(level).map(Self).map_err(refused)
    }
}

impl Codec for Encoder {
    fn format(&self) -> &'static str {
        FORMAT
    }

    fn code(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        is_last: bool,
    ) -> Result<Progress, ZlibError> {
        let (mut input, mut output) = (InBuffer::around(input), OutBuffer::around(output));
        self.0.run(&mut input, &mut output).map_err(refused)?;
        let mut has_ended = false;
        if is_last && input.pos() == input.src.len() {
            has_ended = self.0.finish(&mut output, true).map_err(refused)? == 0;
        }
        Ok(Progress {
            consumed: input.pos(),
            produced: output.pos(),
            has_ended,
        })
    }
}

pub(super) struct Decoder {
    decoder: raw::Decoder<'static>,
    /// A frame has ended, and another may follow.
    is_between: bool,
}

impl Decoder {
    pub(super) fn new() -> Result<Self, ZlibError> {
        let mut decoder = raw::Decoder::new().map_err(refused)?;
        let window = raw::DParameter::WindowLogMax(WINDOW_LOG_MAX);
        decoder.set_parameter(window).map_err(refused)?;
        Ok(Self {
            decoder,
            is_between: false,
        })
    }
}

impl Codec for Decoder {
    fn format(&self) -> &'static str {
        FORMAT
    }

    fn code(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        is_last: bool,
    ) -> Result<Progress, ZlibError> {
        if self.is_between && input.is_empty() {
            return Ok(Progress {
                has_ended: is_last,
                ..Progress::default()
            });
        }
        let (mut input, mut output) = (InBuffer::around(input), OutBuffer::around(output));
        let left = self.decoder.run(&mut input, &mut output);
        let left = left.map_err(|_| ZlibError::Corrupt { format: FORMAT })?;
        // Zero bytes are left of a frame that is complete and was written out.
        self.is_between = left == 0;
        Ok(Progress {
            consumed: input.pos(),
            produced: output.pos(),
            has_ended: self.is_between && is_last && input.pos() == input.src.len(),
        })
    }
}

fn refused(_: io::Error) -> ZlibError {
    ZlibError::Library {
        format: FORMAT,
        reason: "no memory, or a setting that is not known",
    }
}
