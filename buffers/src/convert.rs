//! Conversions and comparisons.

use std::{
    borrow::Borrow,
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use crate::{Block, Buffer, BufferMut};

impl From<Vec<u8>> for Buffer {
    /// Takes the vector over, without a copy.
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.is_empty() {
            Self::new()
        } else {
            Self::from_owner(bytes)
        }
    }
}

impl From<String> for Buffer {
    /// Takes the string over, without a copy.
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<Box<[u8]>> for Buffer {
    /// Takes the box over, without a copy.
    fn from(bytes: Box<[u8]>) -> Self {
        bytes.into_vec().into()
    }
}

impl From<&'static [u8]> for Buffer {
    fn from(bytes: &'static [u8]) -> Self {
        Self::from_static(bytes)
    }
}

impl<const N: usize> From<&'static [u8; N]> for Buffer {
    fn from(bytes: &'static [u8; N]) -> Self {
        Self::from_static(bytes)
    }
}

impl From<&'static str> for Buffer {
    fn from(text: &'static str) -> Self {
        Self::from_static(text.as_bytes())
    }
}

impl From<BufferMut> for Buffer {
    fn from(buffer: BufferMut) -> Self {
        buffer.freeze()
    }
}

impl From<Block> for Buffer {
    fn from(block: Block) -> Self {
        block.into_buffer()
    }
}

impl From<&[u8]> for BufferMut {
    fn from(bytes: &[u8]) -> Self {
        Self::copy_from_slice(bytes)
    }
}

impl FromIterator<u8> for Buffer {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        Self::from(Vec::from_iter(bytes))
    }
}

#[cfg(feature = "bytes")]
impl From<Buffer> for bytes::Bytes {
    /// Shares the memory, without a copy.
    fn from(buffer: Buffer) -> Self {
        match buffer.as_static() {
            Some(bytes) => Self::from_static(bytes),
            None => Self::from_owner(buffer),
        }
    }
}

#[cfg(feature = "bytes")]
impl From<bytes::Bytes> for Buffer {
    /// Shares the memory, without a copy.
    fn from(bytes: bytes::Bytes) -> Self {
        if bytes.is_empty() {
            Self::new()
        } else {
            Self::from_owner(bytes)
        }
    }
}

/// Implements what bytes have in common: they compare, order and hash as slices do.
macro_rules! as_bytes {
    ($($owner:ty),*) => {$(
        impl AsRef<[u8]> for $owner {
            fn as_ref(&self) -> &[u8] {
                self
            }
        }

        impl Borrow<[u8]> for $owner {
            fn borrow(&self) -> &[u8] {
                self
            }
        }

        impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for $owner {
            fn eq(&self, other: &T) -> bool {
                self[..] == *other.as_ref()
            }
        }

        impl Eq for $owner {}

        impl PartialOrd for $owner {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $owner {
            fn cmp(&self, other: &Self) -> Ordering {
                self[..].cmp(&other[..])
            }
        }

        impl Hash for $owner {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self[..].hash(state);
            }
        }
    )*};
}

as_bytes!(Buffer, BufferMut);

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
