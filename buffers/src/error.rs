//! What can go wrong.

/// Why an operation on bytes did not happen. Nothing was changed then.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Numbers;
///
/// let error = [1, 2, 3].read_u32_le(0).unwrap_err();
/// assert_eq!(error.code(), "ERR_BUFFER_OUT_OF_BOUNDS");
/// assert_eq!(error.to_string(), "4 bytes do not fit a buffer of 3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument exceeds what the bytes have.
    #[error("{name} is {value}, which is beyond {max}")]
    OutOfRange {
        /// Which argument.
        name: &'static str,
        /// What it was.
        value: usize,
        /// The largest that would do.
        max: usize,
    },
    /// A number does not fit the width that it is to be written in.
    #[error("{value} does not fit {width} bytes")]
    NumberTooLarge {
        /// The number.
        value: i64,
        /// The width, in bytes.
        width: usize,
    },
    /// Numbers of variable width have 1 to 6 bytes.
    #[error("a number of {width} bytes: only 1 to 6 are possible")]
    BadWidth {
        /// The width that was asked for, in bytes.
        width: usize,
    },
    /// There are too few bytes, wherever one begins.
    #[error("{width} bytes do not fit a buffer of {len}")]
    OutOfBounds {
        /// How many bytes were asked for.
        width: usize,
        /// How many there are.
        len: usize,
    },
    /// The length is no multiple of the width that is swapped.
    #[error("a buffer of {len} bytes does not consist of units of {width}")]
    BadSwapLen {
        /// How many bytes there are.
        len: usize,
        /// The width of a unit, in bytes.
        width: usize,
    },
    /// There is nothing to fill with: the text does not have a byte in its encoding.
    #[error("cannot fill {len} bytes with nothing")]
    EmptyPattern {
        /// How many bytes were to be filled.
        len: usize,
    },
    /// Only bytes of one length are compared in constant time.
    #[error("cannot compare {left} bytes with {right} in constant time")]
    LengthMismatch {
        /// Length of the one side, in bytes.
        left: usize,
        /// Length of the other, in bytes.
        right: usize,
    },
    /// No encoding has this name.
    #[error("unknown encoding {name:?}")]
    UnknownEncoding {
        /// The name.
        name: String,
    },
    /// Text is converted between Unicode and its subsets only, not from or to hex and base64.
    #[error("cannot transcode from {from} to {to}")]
    NotText {
        /// The encoding of the bytes.
        from: &'static str,
        /// The encoding asked for.
        to: &'static str,
    },
    /// The bytes are no Unicode, where they would have to be.
    #[error("cannot transcode {encoding}, which is malformed at offset {offset}")]
    NotUnicode {
        /// The encoding's name.
        encoding: &'static str,
        /// Offset of the first byte that is malformed.
        offset: usize,
    },
    /// The input is not what the encoding allows.
    #[error("malformed {encoding} at offset {offset}")]
    Malformed {
        /// The encoding's name.
        encoding: &'static str,
        /// Where the first malformed part begins: a byte, or a character's first byte.
        offset: usize,
    },
}

impl Error {
    /// Node's code for the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } | Self::NumberTooLarge { .. } | Self::BadWidth { .. } => {
                "ERR_OUT_OF_RANGE"
            }
            Self::OutOfBounds { .. } => "ERR_BUFFER_OUT_OF_BOUNDS",
            Self::BadSwapLen { .. } => "ERR_INVALID_BUFFER_SIZE",
            Self::EmptyPattern { .. } => "ERR_INVALID_ARG_VALUE",
            Self::LengthMismatch { .. } => "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
            Self::UnknownEncoding { .. } => "ERR_UNKNOWN_ENCODING",
            Self::NotText { .. } => "U_ILLEGAL_ARGUMENT_ERROR",
            Self::NotUnicode { .. } => "U_INVALID_CHAR_FOUND",
            Self::Malformed { .. } => "ERR_ENCODING_INVALID_ENCODED_DATA",
        }
    }
}

/// Checks that `value` does not exceed `max`.
pub(crate) fn at_most(name: &'static str, value: usize, max: usize) -> Result<(), Error> {
    if value <= max {
        Ok(())
    } else {
        Err(Error::OutOfRange { name, value, max })
    }
}
