//! Deflate, bare, with zlib's frame or with gzip's.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::ZlibError;
use super::codec::{Codec, Progress};

/// The largest window, which all decoders take: 32 KiB.
const WINDOW_BITS: u8 = 15;

pub(super) struct Deflater {
    deflate: Compress,
    format: &'static str,
}

impl Deflater {
    pub(super) fn gzip(level: u32) -> Self {
        Self {
            deflate: Compress::new_gzip(compression(level), WINDOW_BITS),
            format: "gzip",
        }
    }

    pub(super) fn zlib(level: u32) -> Self {
        Self {
            deflate: Compress::new(compression(level), true),
            format: "deflate",
        }
    }

    pub(super) fn raw(level: u32) -> Self {
        Self {
            deflate: Compress::new(compression(level), false),
            format: "raw deflate",
        }
    }
}

fn compression(level: u32) -> Compression {
    Compression::new(level.min(9))
}

impl Codec for Deflater {
    fn format(&self) -> &'static str {
        self.format
    }

    fn code(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        is_last: bool,
    ) -> Result<Progress, ZlibError> {
        let flush = if is_last {
            FlushCompress::Finish
        } else {
            FlushCompress::None
        };
        let before = (self.deflate.total_in(), self.deflate.total_out());
        let status = self.deflate.compress(input, output, flush);
        let status = status.map_err(|_| ZlibError::Library {
            format: self.format,
            reason: "the compressor is in no state for it",
        })?;
        let after = (self.deflate.total_in(), self.deflate.total_out());
        Ok(progress(before, after, status))
    }
}

pub(super) struct Inflater {
    inflate: Decompress,
    frame: Frame,
    /// A member has ended, and what follows may be another one.
    is_between: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Gzip,
    Zlib,
    Raw,
}

impl Frame {
    fn open(self) -> Decompress {
        match self {
            Self::Gzip => Decompress::new_gzip(WINDOW_BITS),
            Self::Zlib => Decompress::new(true),
            Self::Raw => Decompress::new(false),
        }
    }
}

impl Inflater {
    pub(super) fn gzip() -> Self {
        Self::new(Frame::Gzip)
    }

    pub(super) fn zlib() -> Self {
        Self::new(Frame::Zlib)
    }

    pub(super) fn raw() -> Self {
        Self::new(Frame::Raw)
    }

    fn new(frame: Frame) -> Self {
        Self {
            inflate: frame.open(),
            frame,
            is_between: false,
        }
    }

    /// Whether nothing more belongs to it, looking at what follows a member.
    fn ends_before(&mut self, input: &[u8], is_last: bool) -> bool {
        match input.first() {
            // Padding, as of tapes, and whatever is behind it.
            Some(0) => true,
            Some(_) => {
                self.inflate = self.frame.open();
                self.is_between = false;
                false
            }
            None => is_last,
        }
    }
}

impl Codec for Inflater {
    fn format(&self) -> &'static str {
        match self.frame {
            Frame::Gzip => "gzip",
            Frame::Zlib => "deflate",
            Frame::Raw => "raw deflate",
        }
    }

    fn code(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        is_last: bool,
    ) -> Result<Progress, ZlibError> {
        if self.is_between {
            let has_ended = self.ends_before(input, is_last);
            if has_ended || input.is_empty() {
                return Ok(Progress {
                    has_ended,
                    ..Progress::default()
                });
            }
        }
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, output, FlushDecompress::None);
        let status = status.map_err(|_| ZlibError::Corrupt {
            format: self.format(),
        })?;
        let after = (self.inflate.total_in(), self.inflate.total_out());
        let mut progress = progress(before, after, status);
        if progress.has_ended && self.frame == Frame::Gzip {
            self.is_between = true;
            progress.has_ended = self.ends_before(&input[progress.consumed..], is_last);
        }
        Ok(progress)
    }
}

/// What moved between two looks at the totals.
fn progress(before: (u64, u64), after: (u64, u64), status: Status) -> Progress {
    Progress {
        // Neither is longer than a slice was.
        consumed: (after.0 - before.0) as usize,
        produced: (after.1 - before.1) as usize,
        has_ended: status == Status::StreamEnd,
    }
}
