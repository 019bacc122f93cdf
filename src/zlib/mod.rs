//! Compression, as transforms of streams: gzip, deflate, brotli and Zstandard.
//!
//! A [`Compressor`] or [`Decompressor`] is a [`Transform`] of buffers. Beside its window, which has 32
//! KiB in deflate and gzip and up to 16 MiB in brotli and Zstandard, it holds one buffer of what comes in
//! and one of what goes out, however much a piece grows: it stops when there is no room behind it, and
//! goes on later. It works on the loop's thread.
//!
//! # Node
//!
//! `zlib.createGzip`, `createGunzip`, `createDeflate`, `createBrotliCompress` and their like.
//!
//! # Examples
//!
//! ```
//! use synodic::buffers::Buffer;
//! use synodic::stream::{Source, from_iter, pipeline};
//! use synodic::zlib::{Compressor, Decompressor};
//!
//! # let status = synodic::Runtime::new()?.run(async {
//! let text = from_iter((0..1000).map(|_| Buffer::from_static(b"all work and no play ")));
//! let mut packed = Vec::new();
//! pipeline((text, Compressor::gzip(6), &mut packed)).await?;
//! assert!(packed.iter().map(|piece: &Buffer| piece.len()).sum::<usize>() < 1000);
//!
//! let unpacked = from_iter(packed).through(Decompressor::gzip().max_output(1 << 20));
//! assert_eq!(Buffer::concat(&unpacked.to_vec().await?).len(), 21_000);
//! # Ok::<(), synodic::stream::Error>(())
//! # });
//! # assert_eq!(status.code(), 0);
//! # Ok::<(), synodic::event_loop::BuildError>(())
//! ```

mod brotli;
mod codec;
mod coder;
mod deflate;
mod zstd;

use synodic_buffers::Buffer;
use synodic_streams::{Emit, Options, Result, Transform};

use self::coder::Coder;

/// Why bytes could not be compressed or decompressed.
///
/// A stream that fails for it has it as its source, and Node's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZlibError {
    /// The bytes are not of this format, or damaged. Node's `Z_DATA_ERROR`.
    #[error("the bytes are not {format}, or damaged")]
    Corrupt {
        /// What was expected.
        format: &'static str,
    },
    /// The bytes end before what they hold. Node's `Z_BUF_ERROR`.
    #[error("the {format} bytes end too early")]
    UnexpectedEnd {
        /// What was expected.
        format: &'static str,
    },
    /// There is more in them than allowed. Node's `ERR_BUFFER_TOO_LARGE`.
    #[error("there are more than {bytes_max} bytes in it")]
    TooLong {
        /// What was allowed.
        bytes_max: u64,
    },
    /// They grow more than allowed.
    #[error("the bytes grow more than {ratio}-fold")]
    TooDense {
        /// What was allowed.
        ratio: u32,
    },
    /// The library refused its settings or found no memory.
    #[error("{format} could not go on: {reason}")]
    Library {
        /// What was worked on.
        format: &'static str,
        /// What the library says.
        reason: &'static str,
    },
}

impl ZlibError {
    /// Node's code for this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "Z_DATA_ERROR",
            Self::UnexpectedEnd { .. } => "Z_BUF_ERROR",
            Self::TooLong { .. } | Self::TooDense { .. } => "ERR_BUFFER_TOO_LARGE",
            Self::Library { .. } => "Z_STREAM_ERROR",
        }
    }
}

/// Compresses bytes.
///
/// See the [module](self) for an example.
#[derive(Debug)]
pub struct Compressor(Coder);

impl Compressor {
    /// gzip (RFC 1952). The level goes from 0, which only packs, to 9; larger ones count as 9. Node's
    /// default is 6.
    #[must_use]
    pub fn gzip(level: u32) -> Self {
        Self(Coder::new(deflate::Deflater::gzip(level)))
    }

    /// Deflate with a header and a checksum (RFC 1950), which HTTP calls `deflate`; levels as for
    /// [`gzip`](Self::gzip).
    #[must_use]
    pub fn deflate(level: u32) -> Self {
        Self(Coder::new(deflate::Deflater::zlib(level)))
    }

    /// Deflate alone (RFC 1951); levels as for [`gzip`](Self::gzip).
    #[must_use]
    pub fn deflate_raw(level: u32) -> Self {
        Self(Coder::new(deflate::Deflater::raw(level)))
    }

    /// Brotli (RFC 7932). The quality goes from 0 to 11, which is Node's default and slow; larger ones
    /// count as 11.
    #[must_use]
    pub fn brotli(quality: u32) -> Self {
        Self(Coder::new(brotli::Encoder::new(quality)))
    }

    /// Zstandard (RFC 8878). Levels go from 1 to 22, and those below 1 are faster still; 3 is usual.
    ///
    /// # Errors
    ///
    /// [`ZlibError::Library`] when there is no memory for the level's tables.
    pub fn zstd(level: i32) -> std::result::Result<Self, ZlibError> {
        Ok(Self(Coder::new(zstd::Encoder::new(level)?)))
    }
}

/// Decompresses bytes.
///
/// Behind its end gzip goes on with another member, unless zeros follow, which are passed over with all
/// behind them; so does Zstandard with another frame. Bytes behind deflate and brotli are passed over.
/// In all this it does as Node.
///
/// See the [module](self) for an example.
///
/// # Errors
///
/// The stream fails with a [`ZlibError`].
#[derive(Debug)]
pub struct Decompressor(Coder);

impl Decompressor {
    /// gzip (RFC 1952).
    #[must_use]
    pub fn gzip() -> Self {
        Self(Coder::new(deflate::Inflater::gzip()))
    }

    /// Deflate with a header and a checksum (RFC 1950).
    #[must_use]
    pub fn deflate() -> Self {
        Self(Coder::new(deflate::Inflater::zlib()))
    }

    /// Deflate alone (RFC 1951).
    #[must_use]
    pub fn deflate_raw() -> Self {
        Self(Coder::new(deflate::Inflater::raw()))
    }

    /// Brotli (RFC 7932).
    #[must_use]
    pub fn brotli() -> Self {
        Self(Coder::new(brotli::Decoder::new()))
    }

    /// Zstandard (RFC 8878), with windows of up to 8 MiB, as the RFC recommends. A larger one is taken for
    /// damage.
    ///
    /// # Errors
    ///
    /// [`ZlibError::Library`] when there is no memory for its tables.
    pub fn zstd() -> std::result::Result<Self, ZlibError> {
        Ok(Self(Coder::new(zstd::Decoder::new()?)))
    }

    /// Fails when more than `bytes` come out. Node's `maxOutputLength`; without it there is no limit.
    #[must_use]
    pub fn max_output(mut self, bytes: u64) -> Self {
        self.0.limits.bytes_max = Some(bytes);
        self
    }

    /// Fails when the bytes grow more than `ratio`-fold, measured from the first MiB that comes out on.
    /// Text grows about 4-fold, a bomb of gzip 1,000-fold. Without it there is no limit.
    #[must_use]
    pub fn max_expansion(mut self, ratio: u32) -> Self {
        self.0.limits.ratio_max = Some(ratio);
        self
    }
}

macro_rules! transform {
    ($name:ident) => {
        impl Transform for $name {
            type In = Buffer;
            type Out = Buffer;

            fn transform(&mut self, bytes: Buffer, out: &mut Emit<'_, Buffer>) -> Result<()> {
                self.0.take(bytes, out)
            }

            fn more(&mut self, out: &mut Emit<'_, Buffer>) -> Result<()> {
                self.0.code(out)
            }

            fn flush(&mut self, out: &mut Emit<'_, Buffer>) -> Result<()> {
                self.0.finish(out)
            }

            fn options(&self) -> Options<Buffer> {
                Options::bytes(coder::PIECE_BYTES)
            }
        }
    };
}

transform!(Compressor);
transform!(Decompressor);
