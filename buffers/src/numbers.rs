//! Numbers in bytes: of every width, in either order.

use crate::{Error, error::at_most};

/// Most bytes of a number of variable width: what a double holds exactly, as Node has it.
const WIDTH_MAX: usize = 6;

/// Declares the methods of [`Numbers`] for numbers of a fixed width.
macro_rules! fixed {
    ($($type:ident: $node_read:literal $read:ident $from:ident, $node_write:literal $write:ident $to:ident, $order:literal;)*) => {$(
        #[doc = concat!("Reads a number of type `", stringify!($type), "`, ", $order, ".")]
        ///
        /// # Errors
        ///
        /// [`Error::OutOfRange`] when it does not lie within the bytes at this offset,
        /// [`Error::OutOfBounds`] when it would not at any.
        #[doc(alias = $node_read)]
        #[inline]
        fn $read(&self, offset: usize) -> Result<$type, Error> {
            array_at(self.bytes(), offset).map($type::$from)
        }

        #[doc = concat!("Writes a number of type `", stringify!($type), "`, ", $order, ".")]
        ///
        /// Returns the offset behind it.
        ///
        /// # Errors
        ///
        /// [`Error::OutOfRange`] when it does not lie within the bytes at this offset,
        /// [`Error::OutOfBounds`] when it would not at any.
        #[doc(alias = $node_write)]
        #[inline]
        fn $write(&mut self, offset: usize, value: $type) -> Result<usize, Error> {
            *array_at_mut(self.bytes_mut(), offset)? = value.$to();
            Ok(offset + size_of::<$type>())
        }
    )*};
}

/// Declares the methods of [`Numbers`] for numbers of 1 to 6 bytes.
macro_rules! variable {
    ($($type:ident: $node_read:literal $read:ident, $node_write:literal $write:ident, $is_signed:literal $is_le:literal, $order:literal;)*) => {$(
        #[doc = concat!("Reads a number of `width` bytes, 1 to 6, ", $order, ".")]
        ///
        /// # Errors
        ///
        /// [`Error::BadWidth`] for another width, [`Error::OutOfRange`] when the number does not
        /// lie within the bytes at this offset, [`Error::OutOfBounds`] when it would not at any.
        #[doc(alias = $node_read)]
        fn $read(&self, offset: usize, width: usize) -> Result<$type, Error> {
            let bits = read_bits(self.bytes(), offset, width, $is_le)?;
            let unused = 64 - 8 * width as u32;
            // The sign of a number of this type fills the unused bits, or zeros do.
            Ok(((bits << unused) as $type) >> unused)
        }

        #[doc = concat!("Writes a number of `width` bytes, 1 to 6, ", $order, ".")]
        ///
        /// Returns the offset behind it.
        ///
        /// # Errors
        ///
        /// [`Error::BadWidth`] for another width, [`Error::NumberTooLarge`] for a number that needs
        /// more, [`Error::OutOfRange`] when it does not lie within the bytes at this offset,
        /// [`Error::OutOfBounds`] when it would not at any.
        #[doc(alias = $node_write)]
        fn $write(&mut self, offset: usize, value: i64, width: usize) -> Result<usize, Error> {
            check_fits(value, width, $is_signed)?;
            write_bits(self.bytes_mut(), offset, value as u64, width, $is_le)
        }
    )*};
}

/// Reading and writing numbers, for whatever dereferences to bytes.
///
/// # Node
///
/// Node's methods have the value first and take the offset for zero when it is missing. A value
/// that does not fit the type does not compile here; one that does not fit a variable width is an
/// error, as in Node.
///
/// # Examples
///
/// ```
/// use synodic_buffers::{BufferMut, Numbers};
///
/// let mut frame = BufferMut::zeroed(8);
/// let next = frame.write_u16_be(0, 0xcafe)?;
/// frame.write_int_le(next, -2, 3)?;
/// assert_eq!(frame, [0xca, 0xfe, 0xfe, 0xff, 0xff, 0, 0, 0]);
/// assert_eq!(frame.freeze().read_int_le(2, 3), Ok(-2));
/// # Ok::<(), synodic_buffers::Error>(())
/// ```
pub trait Numbers: sealed::Bytes {
    fixed! {
        u8: "readUInt8" read_u8 from_ne_bytes, "writeUInt8" write_u8 to_ne_bytes, "which has no order";
        i8: "readInt8" read_i8 from_ne_bytes, "writeInt8" write_i8 to_ne_bytes, "which has no order";
        u16: "readUInt16LE" read_u16_le from_le_bytes, "writeUInt16LE" write_u16_le to_le_bytes, "low byte first";
        u16: "readUInt16BE" read_u16_be from_be_bytes, "writeUInt16BE" write_u16_be to_be_bytes, "high byte first";
        i16: "readInt16LE" read_i16_le from_le_bytes, "writeInt16LE" write_i16_le to_le_bytes, "low byte first";
        i16: "readInt16BE" read_i16_be from_be_bytes, "writeInt16BE" write_i16_be to_be_bytes, "high byte first";
        u32: "readUInt32LE" read_u32_le from_le_bytes, "writeUInt32LE" write_u32_le to_le_bytes, "low byte first";
        u32: "readUInt32BE" read_u32_be from_be_bytes, "writeUInt32BE" write_u32_be to_be_bytes, "high byte first";
        i32: "readInt32LE" read_i32_le from_le_bytes, "writeInt32LE" write_i32_le to_le_bytes, "low byte first";
        i32: "readInt32BE" read_i32_be from_be_bytes, "writeInt32BE" write_i32_be to_be_bytes, "high byte first";
        u64: "readBigUInt64LE" read_u64_le from_le_bytes, "writeBigUInt64LE" write_u64_le to_le_bytes, "low byte first";
        u64: "readBigUInt64BE" read_u64_be from_be_bytes, "writeBigUInt64BE" write_u64_be to_be_bytes, "high byte first";
        i64: "readBigInt64LE" read_i64_le from_le_bytes, "writeBigInt64LE" write_i64_le to_le_bytes, "low byte first";
        i64: "readBigInt64BE" read_i64_be from_be_bytes, "writeBigInt64BE" write_i64_be to_be_bytes, "high byte first";
        f32: "readFloatLE" read_f32_le from_le_bytes, "writeFloatLE" write_f32_le to_le_bytes, "low byte first";
        f32: "readFloatBE" read_f32_be from_be_bytes, "writeFloatBE" write_f32_be to_be_bytes, "high byte first";
        f64: "readDoubleLE" read_f64_le from_le_bytes, "writeDoubleLE" write_f64_le to_le_bytes, "low byte first";
        f64: "readDoubleBE" read_f64_be from_be_bytes, "writeDoubleBE" write_f64_be to_be_bytes, "high byte first";
    }

    variable! {
        u64: "readUIntLE" read_uint_le, "writeUIntLE" write_uint_le, false true, "unsigned, low byte first";
        u64: "readUIntBE" read_uint_be, "writeUIntBE" write_uint_be, false false, "unsigned, high byte first";
        i64: "readIntLE" read_int_le, "writeIntLE" write_int_le, true true, "signed, low byte first";
        i64: "readIntBE" read_int_be, "writeIntBE" write_int_be, true false, "signed, high byte first";
    }
}

impl Numbers for [u8] {}

pub(crate) mod sealed {
    //! Keeps the traits to slices of bytes.

    /// Bytes.
    pub trait Bytes {
        /// All of them.
        fn bytes(&self) -> &[u8];
        /// All of them.
        fn bytes_mut(&mut self) -> &mut [u8];
    }

    impl Bytes for [u8] {
        #[inline]
        fn bytes(&self) -> &[u8] {
            self
        }

        #[inline]
        fn bytes_mut(&mut self) -> &mut [u8] {
            self
        }
    }
}

#[inline]
fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> Result<[u8; N], Error> {
    match bytes.get(offset..).and_then(<[u8]>::first_chunk) {
        Some(array) => Ok(*array),
        None => Err(outside(bytes.len(), offset, N)),
    }
}

#[inline]
fn array_at_mut<const N: usize>(bytes: &mut [u8], offset: usize) -> Result<&mut [u8; N], Error> {
    let len = bytes.len();
    bytes
        .get_mut(offset..)
        .and_then(<[u8]>::first_chunk_mut)
        .ok_or_else(|| outside(len, offset, N))
}

/// Why `width` bytes at `offset` do not lie within `len`.
#[cold]
fn outside(len: usize, offset: usize, width: usize) -> Error {
    match len.checked_sub(width) {
        Some(max) => Error::OutOfRange {
            name: "offset",
            value: offset,
            max,
        },
        None => Error::OutOfBounds { width, len },
    }
}

fn read_bits(bytes: &[u8], offset: usize, width: usize, is_le: bool) -> Result<u64, Error> {
    check_width(width)?;
    let bytes = bytes
        .get(offset..)
        .and_then(|rest| rest.get(..width))
        .ok_or_else(|| outside(bytes.len(), offset, width))?;
    let shift_in = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
    Ok(if is_le {
        bytes.iter().rev().fold(0, shift_in)
    } else {
        bytes.iter().fold(0, shift_in)
    })
}

fn write_bits(
    bytes: &mut [u8],
    offset: usize,
    bits: u64,
    width: usize,
    is_le: bool,
) -> Result<usize, Error> {
    let len = bytes.len();
    let place = bytes
        .get_mut(offset..)
        .and_then(|rest| rest.get_mut(..width))
        .ok_or_else(|| outside(len, offset, width))?;
    if is_le {
        place.copy_from_slice(&bits.to_le_bytes()[..width]);
    } else {
        place.copy_from_slice(&bits.to_be_bytes()[8 - width..]);
    }
    Ok(offset + width)
}

fn check_width(width: usize) -> Result<(), Error> {
    if (1..=WIDTH_MAX).contains(&width) {
        Ok(())
    } else {
        Err(Error::BadWidth { width })
    }
}

fn check_fits(value: i64, width: usize, is_signed: bool) -> Result<(), Error> {
    check_width(width)?;
    let bits = 8 * width as u32;
    let values = if is_signed {
        -(1 << (bits - 1))..1 << (bits - 1)
    } else {
        0..1 << bits
    };
    if values.contains(&value) {
        Ok(())
    } else {
        Err(Error::NumberTooLarge { value, width })
    }
}

/// Swaps the bytes of each unit of `N`.
pub(crate) fn swap<const N: usize>(bytes: &mut [u8]) -> Result<(), Error> {
    let len = bytes.len();
    let (units, []) = bytes.as_chunks_mut::<N>() else {
        return Err(Error::BadSwapLen { len, width: N });
    };
    units.iter_mut().for_each(|unit| unit.reverse());
    Ok(())
}

/// Checks a range against the bytes it is meant for. It may be empty in any way.
pub(crate) fn check_range(
    (name, start): (&'static str, usize),
    (end_name, end): (&'static str, usize),
    len: usize,
) -> Result<std::ops::Range<usize>, Error> {
    at_most(end_name, end, len)?;
    if start < end {
        at_most(name, start, len)?;
    }
    Ok(start.min(end)..end)
}
