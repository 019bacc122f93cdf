//! The traits by which a buffer is lent to the kernel.

use std::{mem::MaybeUninit, ops::RangeBounds, slice};

use crate::{Block, Buffer, BufferMut, Slice};

/// Owned bytes that a completion operation can read from.
///
/// An operation takes the buffer, keeps it until the kernel is done, and gives it back. In between
/// it hands the kernel the address that [`stable_ptr`](Self::stable_ptr) returns.
///
/// # Safety
///
/// While the value is owned and nobody calls a method that takes `&mut self`:
///
/// - `stable_ptr` returns the same pointer, also after the value has moved: the bytes are not
///   inside the value;
/// - the [`total_len`](Self::total_len) bytes from there on are one live allocation, and the first
///   [`init_len`](Self::init_len) of them are initialized and not written by anybody else.
///
/// # Examples
///
/// ```
/// use synodic_buffers::IoBuf;
///
/// let bytes = vec![1, 2, 3];
/// let before = bytes.stable_ptr();
/// let moved = Some(bytes);
/// assert_eq!(moved.unwrap().stable_ptr(), before);
/// ```
pub unsafe trait IoBuf: Unpin + 'static {
    /// Where the bytes begin. Not null; dangling when there is not a single byte.
    ///
    /// Take the pointer once the value has come to the place where it stays: moving a `Box`
    /// invalidates pointers into it in the eyes of the compiler, though not of the kernel.
    fn stable_ptr(&self) -> *const u8;

    /// How many bytes are initialized.
    fn init_len(&self) -> usize;

    /// How many bytes there are, initialized or not.
    #[inline]
    fn total_len(&self) -> usize {
        self.init_len()
    }

    /// The initialized bytes.
    #[inline]
    fn as_init(&self) -> &[u8] {
        // SAFETY: what the trait demands.
        unsafe { slice::from_raw_parts(self.stable_ptr(), self.init_len()) }
    }

    /// A part of the buffer, which keeps the whole.
    ///
    /// An open end is the end of the memory, not of what is initialized.
    ///
    /// # Panics
    ///
    /// When the range exceeds [`total_len`](Self::total_len), or begins behind the initialized
    /// bytes: there would be a gap of bytes that nobody initializes.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::IoBuf;
    ///
    /// let slice = b"hello".to_vec().slice(1..3);
    /// assert_eq!(&slice[..], b"el");
    /// assert_eq!(slice.into_inner(), b"hello");
    /// ```
    #[inline]
    fn slice(self, range: impl RangeBounds<usize>) -> Slice<Self>
    where
        Self: Sized,
    {
        Slice::new(self, range)
    }
}

/// Owned memory that a completion operation can write into.
///
/// An operation writes from the beginning and then calls [`set_init`](Self::set_init), which never
/// makes the initialized part shorter. Whoever reuses a buffer and wants to see only what is new
/// clears it first, or looks at the count of the operation's result.
///
/// # Safety
///
/// As for [`IoBuf`]; and the [`total_len`](IoBuf::total_len) bytes from
/// [`stable_mut_ptr`](Self::stable_mut_ptr) on, which is the same address, may be written while
/// nobody borrows them.
///
/// # Examples
///
/// ```
/// use synodic_buffers::{IoBuf, IoBufMut};
///
/// let mut bytes = Vec::with_capacity(16);
/// // SAFETY: the capacity is 16 bytes at least.
/// unsafe { bytes.stable_mut_ptr().write(7) };
/// // SAFETY: the first byte was just written.
/// unsafe { bytes.set_init(1) };
/// assert_eq!(bytes, [7]);
/// ```
pub unsafe trait IoBufMut: IoBuf {
    /// Where the bytes begin, for writing.
    fn stable_mut_ptr(&mut self) -> *mut u8;

    /// Declares the first `len` bytes initialized. Does nothing when more of them are already.
    ///
    /// # Safety
    ///
    /// They are, and `len` does not exceed [`total_len`](IoBuf::total_len).
    unsafe fn set_init(&mut self, len: usize);

    /// The initialized bytes, for writing.
    #[inline]
    fn as_init_mut(&mut self) -> &mut [u8] {
        let len = self.init_len();
        // SAFETY: what the trait demands, and `self` is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.stable_mut_ptr(), len) }
    }

    /// The bytes that are not initialized yet.
    #[inline]
    fn as_uninit(&mut self) -> &mut [MaybeUninit<u8>] {
        let (init, total) = (self.init_len(), self.total_len());
        // SAFETY: the initialized bytes lie within the allocation.
        let start = unsafe { self.stable_mut_ptr().add(init) };
        // SAFETY: as many bytes follow in the same allocation, which `self` borrows mutably.
        unsafe { slice::from_raw_parts_mut(start.cast(), total - init) }
    }
}

/// Implements `IoBuf` for owners of initialized bytes on the heap or in statics.
macro_rules! io_buf {
    ($($(#[$why:meta])* [$($param:tt)*] $owner:ty;)*) => {$(
        // SAFETY: the bytes lie behind a pointer that moves with the value, and change only
        // through `&mut self`.
        unsafe impl $($param)* IoBuf for $owner {
            #[inline]
            fn stable_ptr(&self) -> *const u8 {
                self.as_ptr()
            }

            #[inline]
            fn init_len(&self) -> usize {
                self.len()
            }
        }
    )*};
}

io_buf! {
    [] &'static [u8];
    [] &'static str;
    [] String;
    [] Box<[u8]>;
    [<const N: usize>] Box<[u8; N]>;
    [] Buffer;
}

/// Implements `IoBufMut` for boxes, all of whose bytes are initialized.
macro_rules! io_buf_mut {
    ($([$($param:tt)*] $owner:ty;)*) => {$(
        // SAFETY: the box owns its bytes.
        unsafe impl $($param)* IoBufMut for $owner {
            #[inline]
            fn stable_mut_ptr(&mut self) -> *mut u8 {
                self.as_mut_ptr()
            }

            #[inline]
            unsafe fn set_init(&mut self, len: usize) {
                debug_assert!(len <= self.len(), "{len} bytes do not fit a box of {}", self.len());
            }
        }
    )*};
}

io_buf_mut! {
    [] Box<[u8]>;
    [<const N: usize>] Box<[u8; N]>;
}

/// Implements both traits for owners that know how much of their memory is initialized.
macro_rules! io_buf_growing {
    ($($owner:ty;)*) => {$(
        // SAFETY: the bytes lie in an allocation that moves with the value; `len` of `capacity`
        // are initialized, and they change only through `&mut self`.
        unsafe impl IoBuf for $owner {
            #[inline]
            fn stable_ptr(&self) -> *const u8 {
                self.as_ptr()
            }

            #[inline]
            fn init_len(&self) -> usize {
                self.len()
            }

            #[inline]
            fn total_len(&self) -> usize {
                self.capacity()
            }
        }

        // SAFETY: the value owns its allocation.
        unsafe impl IoBufMut for $owner {
            #[inline]
            fn stable_mut_ptr(&mut self) -> *mut u8 {
                self.as_mut_ptr()
            }

            #[inline]
            unsafe fn set_init(&mut self, len: usize) {
                if len > self.len() {
                    // SAFETY: the caller says that these bytes are initialized and fit.
                    unsafe { self.set_len(len) };
                }
            }
        }
    )*};
}

io_buf_growing! {
    Vec<u8>;
    BufferMut;
    Block;
}

// SAFETY: the slice owns the buffer, whose address is stable, and adds a constant that lies within.
unsafe impl<B: IoBuf> IoBuf for Slice<B> {
    #[inline]
    fn stable_ptr(&self) -> *const u8 {
        self.get_ref().stable_ptr().wrapping_add(self.start())
    }

    #[inline]
    fn init_len(&self) -> usize {
        let range = self.range();
        self.get_ref().init_len().clamp(range.start, range.end) - range.start
    }

    #[inline]
    fn total_len(&self) -> usize {
        self.range().len()
    }
}

// SAFETY: as above, and the buffer may be written.
unsafe impl<B: IoBufMut> IoBufMut for Slice<B> {
    #[inline]
    fn stable_mut_ptr(&mut self) -> *mut u8 {
        let start = self.start();
        self.buf_mut().stable_mut_ptr().wrapping_add(start)
    }

    #[inline]
    unsafe fn set_init(&mut self, len: usize) {
        let end = self.start() + len;
        // SAFETY: the bytes before the slice were initialized when it was made, and the caller
        // says that `len` more are, which lie within the slice.
        unsafe { self.buf_mut().set_init(end) };
    }
}
