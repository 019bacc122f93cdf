//! A part of an owned buffer that keeps the whole.

use std::{
    fmt,
    ops::{Bound, Deref, Range, RangeBounds},
};

use crate::{IoBuf, IoBufMut};

/// A range of an owned buffer, which operations take for a buffer of its own.
///
/// Made by [`IoBuf::slice`]; [`into_inner`](Self::into_inner) gives the whole back.
///
/// # Examples
///
/// Read the second half of what fits, then look at everything:
///
/// ```
/// use synodic_buffers::{IoBuf, IoBufMut};
///
/// let mut line = Vec::with_capacity(8);
/// line.extend_from_slice(b"head");
///
/// let mut rest = line.slice(4..8);
/// assert_eq!((rest.init_len(), rest.total_len()), (0, 4));
/// rest.as_uninit()[0].write(b'!'); // the kernel's part
/// // SAFETY: the first byte of the slice was just written.
/// unsafe { rest.set_init(1) };
///
/// assert_eq!(rest.into_inner(), b"head!");
/// ```
// Not `Clone`: the clone of a vector may have less capacity, and `end` would lie beyond it.
pub struct Slice<B> {
    buf: B,
    /// Both lie within the buffer, and `start` within its initialized part.
    start: usize,
    end: usize,
}

impl<B: IoBuf> Slice<B> {
    pub(crate) fn new(buf: B, range: impl RangeBounds<usize>) -> Self {
        let Range { start, end } = resolve(range, buf.total_len());
        let init = buf.init_len();
        assert!(
            start <= init,
            "a slice from {start} on leaves a gap behind {init} initialized bytes"
        );
        Self { buf, start, end }
    }

    /// Gives the whole buffer back.
    pub fn into_inner(self) -> B {
        self.buf
    }

    /// The whole buffer.
    pub fn get_ref(&self) -> &B {
        &self.buf
    }

    /// The range, as offsets into the whole buffer.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(crate) fn start(&self) -> usize {
        self.start
    }
}

impl<B: IoBufMut> Slice<B> {
    pub(crate) fn buf_mut(&mut self) -> &mut B {
        &mut self.buf
    }
}

impl<B: IoBuf> Deref for Slice<B> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_init()
    }
}

impl<B: IoBuf> AsRef<[u8]> for Slice<B> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<B: IoBuf> fmt::Debug for Slice<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slice")
            .field("range", &self.range())
            .finish_non_exhaustive()
    }
}

/// The offsets of `range` in something of `len` bytes.
///
/// # Panics
///
/// When the range does not lie within.
#[inline]
pub(crate) fn resolve(range: impl RangeBounds<usize>, len: usize) -> Range<usize> {
    let start = match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => len,
    };
    assert!(
        start <= end && end <= len,
        "the range {start}..{end} is not within {len} bytes"
    );
    start..end
}
