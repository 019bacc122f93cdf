//! One chunk that many small buffers share.

use std::ptr::NonNull;

use synodic_sync::mutant;

use super::{chunk::Chunk, header::Header, local::Place};

/// Where pieces begin: a multiple of this, as in Node.
const ALIGN: usize = 8;

/// The chunk that small buffers are cut from, one behind the other.
///
/// All references that there can be are reserved at the start, so to cut a piece is to count it here,
/// without an atomic operation; a piece that is dropped gives up its reference as any buffer does.
pub(super) struct Slab {
    chunk: NonNull<Chunk>,
    capacity: usize,
    used: usize,
    /// Reserved references that went to pieces.
    handed: usize,
}

impl Slab {
    /// Takes over a chunk of which the caller has the only reference.
    pub(super) fn new(chunk: NonNull<Chunk>) -> Self {
        // SAFETY: the caller's reference, which is the slab's now, keeps the chunk alive.
        let header = unsafe { chunk.as_ref() }.header();
        header.reserve_all();
        Self {
            chunk,
            capacity: header.capacity(),
            used: 0,
            handed: 0,
        }
    }

    /// Cuts off a piece of `len` bytes, at least one.
    #[inline]
    pub(super) fn cut(&mut self, len: usize) -> Option<Place> {
        let room = self.capacity.checked_sub(self.used)?;
        if len > room {
            return None;
        }
        // SAFETY: the reserved references keep the chunk alive.
        let start = unsafe { Chunk::data(self.chunk) };
        // SAFETY: as was just checked, the piece lies within the chunk.
        let data = unsafe { start.add(self.used) };
        self.used += len.next_multiple_of(ALIGN);
        self.handed += 1;
        let chunk = self.chunk;
        Some(Place { chunk, data })
    }

    /// Begins anew, when nobody has a piece any more.
    pub(super) fn renew(&mut self) -> bool {
        // SAFETY: the reserved references keep the chunk alive.
        let header = unsafe { self.chunk.as_ref() }.header();
        let is_free = header.has_only_reserved(self.handed) || mutant!("slab-renew-unchecked");
        if is_free {
            header.note_reuse();
            header.reserve_all();
            (self.used, self.handed) = (0, 0);
        }
        is_free
    }
}

impl Drop for Slab {
    /// Leaves the chunk to those who have pieces of it.
    fn drop(&mut self) {
        // SAFETY: the references that are reserved and went to no piece are the slab's, which is not
        // used again.
        unsafe { Header::release_reserved(self.chunk.cast(), self.handed) };
    }
}
