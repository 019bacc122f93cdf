//! Brotli.

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{
    BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct,
};
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::ZlibError;
use super::codec::{Codec, Progress};

const FORMAT: &str = "brotli";

pub(super) struct Encoder(BrotliEncoderStateStruct<StandardAlloc>);

impl Encoder {
    pub(super) fn new(quality: u32) -> Self {
        let mut state = BrotliEncoderStateStruct::new(StandardAlloc::default());
        let parameter = BrotliEncoderParameter::BROTLI_PARAM_QUALITY;
        state.set_parameter(parameter, quality.min(11));
        Self(state)
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
        let operation = if is_last {
            BrotliEncoderOperation::BROTLI_OPERATION_FINISH
        } else {
            BrotliEncoderOperation::BROTLI_OPERATION_PROCESS
        };
        let (mut input_left, mut output_left) = (input.len(), output.len());
        let mut progress = Progress::default();
        let is_good = self.0.compress_stream(
            operation,
            &mut input_left,
            input,
            &mut progress.consumed,
            &mut output_left,
            output,
            &mut progress.produced,
            &mut None,
            &mut |_, _, _, _| (),
        );
        if !is_good {
            return Err(ZlibError::Library {
                format: FORMAT,
                reason: "the compressor is in no state for it",
            });
        }
        progress.has_ended = self.0.is_finished();
        Ok(progress)
    }
}

pub(super) struct Decoder(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>);

impl Decoder {
    pub(super) fn new() -> Self {
        let alloc = StandardAlloc::default;
        Self(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())))
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
        _is_last: bool,
    ) -> Result<Progress, ZlibError> {
        let (mut input_left, mut output_left) = (input.len(), output.len());
        let mut progress = Progress::default();
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut progress.consumed,
            input,
            &mut output_left,
            &mut progress.produced,
            output,
            &mut 0,
            &mut self.0,
        );
        match result {
            BrotliResult::ResultSuccess => progress.has_ended = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => return Err(ZlibError::Corrupt { format: FORMAT }),
        }
        Ok(progress)
    }
}
