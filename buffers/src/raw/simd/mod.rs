//! Hex and base64 a vector at a time, where the processor can.
//!
//! Each function does what it can of its job from the beginning on, says how much that was, and leaves
//! the rest to code that runs everywhere: on another processor, all of it.

#[cfg(not(target_arch = "x86_64"))]
mod none;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::{mem::MaybeUninit, slice};

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use none::{read_base64, read_hex, write_base64, write_hex};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{read_base64, read_hex, write_base64, write_hex};

use crate::{
    BufferMut,
    encoding::{Alphabet, base64, hex},
};

/// The value of a character that stands for nothing.
pub(crate) const BAD: u8 = 0xff;

/// The values of the characters of ASCII as vector code has them: what stands for nothing has the
/// highest bit, and no other.
pub(crate) const fn vector_values(values: &[u8; 256]) -> [u8; 128] {
    let mut ascii = [0x80; 128];
    let mut character = 0;
    while character < ascii.len() {
        if values[character] != BAD {
            ascii[character] = values[character];
        }
        character += 1;
    }
    ascii
}

/// The digits of `bytes`.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    // SAFETY: `hex::write` writes two digits for each byte.
    unsafe { ascii(bytes.len() * 2, |out| hex::write(bytes, out)) }
}

/// The characters of `bytes`.
pub(crate) fn to_base64(alphabet: Alphabet, bytes: &[u8]) -> String {
    let len = alphabet.len(bytes.len());
    // SAFETY: `base64::write` writes as many characters as `Alphabet::len` says.
    unsafe { ascii(len, |out| base64::write(alphabet, bytes, out)) }
}

/// The bytes that digits stand for, up to what is none.
pub(crate) fn from_hex(digits: &[u8]) -> BufferMut {
    // SAFETY: `hex::read` returns how many bytes it has written.
    unsafe { bytes(digits.len() / 2, |out| hex::read(digits, out)) }
}

/// The bytes that characters stand for, up to the padding.
pub(crate) fn from_base64(text: &[u8]) -> BufferMut {
    // SAFETY: `base64::read` returns how many bytes it has written.
    unsafe { bytes(base64::decoded_len(text), |out| base64::read(text, out)) }
}

/// Writes what [`from_hex`] returns as far as there is room; how many bytes.
pub(crate) fn hex_into(digits: &[u8], out: &mut [u8]) -> usize {
    // SAFETY: `hex::read` writes bytes only.
    hex::read(digits, unsafe { as_uninit(out) })
}

/// Writes what [`from_base64`] returns as far as there is room; how many bytes.
pub(crate) fn base64_into(text: &[u8], out: &mut [u8]) -> usize {
    // SAFETY: `base64::read` writes bytes only.
    base64::read(text, unsafe { as_uninit(out) })
}

/// A buffer of what `read` writes, `capacity` bytes at most.
///
/// # Safety
///
/// `read` returns how many bytes it has written.
unsafe fn bytes(capacity: usize, read: impl FnOnce(&mut [MaybeUninit<u8>]) -> usize) -> BufferMut {
    let mut buffer = BufferMut::with_capacity(capacity);
    let len = read(buffer.spare_capacity_mut());
    // SAFETY: the caller says that they were written.
    unsafe { buffer.set_len(len) };
    buffer
}

/// # Safety
///
/// Nothing but initialized bytes is written to the result.
unsafe fn as_uninit(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let len = bytes.len();
    // SAFETY: a byte may stand where one may be missing, and the caller leaves none out.
    unsafe { slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), len) }
}

/// A string of `len` characters.
///
/// # Safety
///
/// `write` writes all of them, and they are ASCII.
unsafe fn ascii(len: usize, write: impl FnOnce(&mut [MaybeUninit<u8>])) -> String {
    let mut text = Vec::with_capacity(len);
    write(&mut text.spare_capacity_mut()[..len]);
    // SAFETY: the caller says that they were written.
    unsafe { text.set_len(len) };
    // SAFETY: the caller says that they are ASCII.
    unsafe { String::from_utf8_unchecked(text) }
}
