//! A codec, driven by a stream.

use std::fmt;

use synodic_buffers::{Buffer, BufferMut};
use synodic_streams::{Emit, Error, Result};

use super::ZlibError;
use super::codec::Codec;

/// How much goes in, and comes out, at a time, at most.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// How much may come out before its growth is looked at: the first bytes of a small file can stand for
/// many.
const EXPANSION_FROM: u64 = 1 << 20;

/// What a decompressor may make.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) bytes_max: Option<u64>,
    pub(super) ratio_max: Option<u32>,
}

/// Codes buffer by buffer, and holds back what there is no room for.
pub(super) struct Coder {
    codec: Box<dyn Codec>,
    pub(super) limits: Limits,
    /// What has come in and was not coded yet.
    input: Buffer,
    is_last: bool,
    has_ended: bool,
    /// Where the codec writes. Emitted buffers are copies, as long as what is in them.
    scratch: Vec<u8>,
    consumed: u64,
    produced: u64,
}

impl Coder {
    pub(super) fn new(codec: impl Codec + 'static) -> Self {
        Self {
            codec: Box::new(codec),
            limits: Limits::default(),
            input: Buffer::new(),
            is_last: false,
            has_ended: false,
            scratch: vec![0; PIECE_BYTES],
            consumed: 0,
            produced: 0,
        }
    }

    pub(super) fn take(&mut self, bytes: Buffer, out: &mut Emit<'_, Buffer>) -> Result<()> {
        self.input = bytes;
        self.code(out)
    }

    pub(super) fn finish(&mut self, out: &mut Emit<'_, Buffer>) -> Result<()> {
        self.is_last = true;
        self.code(out)
    }

    /// Codes until the input is used up or the room is.
    pub(super) fn code(&mut self, out: &mut Emit<'_, Buffer>) -> Result<()> {
        while !self.has_ended {
            if !out.has_room() {
                out.call_again();
                return Ok(());
            }
            match self.step() {
                Ok(Some(piece)) => drop(out.push(piece)),
                Ok(None) if self.has_ended => {}
                Ok(None) if self.is_last => {
                    let format = self.codec.format();
                    return Err(failed(ZlibError::UnexpectedEnd { format }));
                }
                Ok(None) => return Ok(()),
                Err(error) => return Err(failed(error)),
            }
        }
        self.input = Buffer::new();
        Ok(())
    }

    /// The next piece. `None` when nothing came out.
    fn step(&mut self) -> std::result::Result<Option<Buffer>, ZlibError> {
        loop {
            let piece = &self.input[..self.input.len().min(PIECE_BYTES)];
            let is_last = self.is_last && piece.len() == self.input.len();
            let progress = self.codec.code(piece, &mut self.scratch, is_last)?;
            self.input.advance(progress.consumed);
            self.consumed += progress.consumed as u64;
            self.produced += progress.produced as u64;
            self.has_ended = progress.has_ended;
            self.check()?;
            if progress.produced > 0 {
                let piece = &self.scratch[..progress.produced];
                return Ok(Some(BufferMut::copy_from_slice(piece).freeze()));
            }
            if progress.consumed == 0 || self.has_ended {
                return Ok(None);
            }
        }
    }

    fn check(&self) -> std::result::Result<(), ZlibError> {
        if let Some(bytes_max) = self.limits.bytes_max
            && self.produced > bytes_max
        {
            return Err(ZlibError::TooLong { bytes_max });
        }
        if let Some(ratio) = self.limits.ratio_max
            && self.produced > EXPANSION_FROM
            && self.produced > self.consumed.saturating_mul(u64::from(ratio))
        {
            return Err(ZlibError::TooDense { ratio });
        }
        Ok(())
    }
}

impl fmt::Debug for Coder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coder")
            .field("format", &self.codec.format())
            .field("consumed", &self.consumed)
            .field("produced", &self.produced)
            .finish_non_exhaustive()
    }
}

fn failed(error: ZlibError) -> Error {
    Error::other(error).with_code(error.code())
}
