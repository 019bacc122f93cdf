//! The reference count in front of shared bytes.

use std::{mem, process, ptr::NonNull};

use synodic_sync::{
    atomic::{AtomicUsize, Ordering, fence},
    cell::UnsafeCell,
    mutant, ordering,
};

use super::local::here;

/// More references than this are a leak in a loop; going on would overflow the count.
const REFS_MAX: usize = isize::MAX as usize;

/// References that a slab reserves for its pieces: more than it has bytes, and so many fewer than
/// `REFS_MAX` that clones of the pieces do not meet it.
const RESERVED: usize = 1 << (usize::BITS / 8 * 5);

/// References that the owner of a slab gets back before it takes them out of `refs`: rarely, and long
/// before clones that come and go exceed `REFS_MAX`, where a `usize` has 32 bits. A model and Miri get there.
const RETURNED_MAX: usize = if cfg!(any(synodic_loom, miri)) {
    2
} else {
    1 << 16
};

/// What every shared allocation begins with.
///
/// The types that begin with it are `repr(C)`, so a pointer to one is a pointer to its header.
#[repr(C)]
pub(super) struct Header {
    refs: AtomicUsize,
    /// Frees or recycles the allocation, which nobody refers to any more.
    release: unsafe fn(NonNull<Header>),
    /// The thread that cuts pieces off, as `here` names it; 0 when this is no thread's current slab.
    owner: AtomicUsize,
    /// References of pieces that came back on the owner's thread, which has not taken them out of
    /// `refs`. Touched by the owner alone.
    returned: UnsafeCell<usize>,
    /// Bytes behind the header; 0 where somebody else's are elsewhere.
    capacity: usize,
    /// Stands for the bytes in models: loom cannot see accesses to plain memory.
    #[cfg(synodic_loom)]
    bytes: UnsafeCell<()>,
    /// Whether the bytes are those of several buffers, which write their own while others read.
    #[cfg(synodic_loom)]
    is_slab: std::cell::Cell<bool>,
}

impl Header {
    /// A header with one reference.
    ///
    /// `release` is called once, with a pointer to this header in its final place, when the last
    /// reference is gone.
    pub(super) fn new(release: unsafe fn(NonNull<Header>), capacity: usize) -> Self {
        Self {
            refs: AtomicUsize::new(1),
            release,
            owner: AtomicUsize::new(0),
            returned: UnsafeCell::new(0),
            capacity,
            #[cfg(synodic_loom)]
            is_slab: std::cell::Cell::new(false),
            #[cfg(synodic_loom)]
            bytes: UnsafeCell::new(()),
        }
    }

    /// Adds a reference.
    #[inline]
    pub(super) fn retain(&self) {
        // Relaxed: the caller has a reference, so the allocation lives; whoever gets the new one
        // gets it from the caller, by a path that orders memory itself.
        if self.refs.fetch_add(1, Ordering::Relaxed) > REFS_MAX {
            process::abort();
        }
    }

    /// Whether the caller's reference is the only one.
    #[inline]
    pub(super) fn is_unique(&self) -> bool {
        // Pairs with the release of another owner in `release`, whose reads end before.
        self.refs
            .load(ordering!(Acquire, "buffer-unique-relaxed" => Relaxed))
            == 1
    }

    /// Gives up one reference, and the allocation with the last one.
    ///
    /// # Safety
    ///
    /// `header` is in its final place and alive, and the caller gives up a reference that it owns:
    /// it does not touch the allocation again.
    #[inline]
    pub(super) unsafe fn release(header: NonNull<Header>) {
        // SAFETY: the caller's reference keeps the header alive until it is given up below.
        let this = unsafe { header.as_ref() };
        // Relaxed: a thread finds its own name here only if it wrote it.
        let owner = this.owner.load(Ordering::Relaxed);
        if owner != 0 && (owner == here() || mutant!("slab-return-anywhere")) {
            this.take_back();
            return;
        }
        // With no other reference there is nobody to make one either: the count needs no update.
        if !this.is_unique() {
            // Pairs with the fence below and with `is_unique`, in whichever thread comes last.
            let before = this
                .refs
                .fetch_sub(1, ordering!(Release, "buffer-drop-relaxed" => Relaxed));
            if before != 1 {
                return;
            }
            // Pairs with the `fetch_sub` of every other owner.
            if !mutant!("buffer-drop-unfenced") {
                fence(Ordering::Acquire);
            }
        }
        // SAFETY: this was the last reference, and the accesses of all earlier owners happened
        // before this point, by the pairings above.
        unsafe { Self::end(header) }
    }

    /// Counts a reference of a piece that came back. Called by the owner.
    #[inline]
    fn take_back(&self) {
        let returned = self.returned.with_mut(|returned| {
            // SAFETY: the caller is the owner, and nothing else is done meanwhile.
            let returned = unsafe { &mut *returned };
            *returned += 1;
            *returned
        });
        if returned >= RETURNED_MAX {
            self.settle();
        }
    }

    /// Takes what came back out of `refs`. Called by the owner.
    #[cold]
    fn settle(&self) {
        // SAFETY: the caller is the owner, and nothing else is done meanwhile.
        let returned = self
            .returned
            .with_mut(|returned| unsafe { mem::take(&mut *returned) });
        if !mutant!("slab-settle-forgets") {
            // Relaxed: what is left of the reservation is given up by this thread later, which
            // releases what it did until then.
            self.refs.fetch_sub(returned, Ordering::Relaxed);
        }
    }

    /// Frees or recycles the allocation.
    ///
    /// # Safety
    ///
    /// `header` is alive and nobody refers to it; all accesses happened before.
    unsafe fn end(header: NonNull<Self>) {
        // SAFETY: the header is alive.
        let release = unsafe { header.as_ref() }.release;
        // SAFETY: the caller says so.
        unsafe { release(header) }
    }

    /// Gives up the references of a slab that went to no piece, and the allocation when there is no
    /// piece left either.
    ///
    /// # Safety
    ///
    /// `header` is in its final place and alive; this thread reserved all its references, `handed` of
    /// them went to pieces, and the caller gives up the others: it does not touch the allocation again.
    pub(super) unsafe fn release_reserved(header: NonNull<Self>, handed: usize) {
        // SAFETY: the caller's references keep the header alive until they are given up below.
        let this = unsafe { header.as_ref() };
        let reserved = if mutant!("slab-retire-forgets-returned") {
            RESERVED - handed
        } else {
            this.reserved(handed)
        };
        // Relaxed: only this thread acts on it, by giving up later references as others do.
        this.owner.store(0, Ordering::Relaxed);
        // Pairs with the fence in `release`, where a piece may be the last to go.
        if this.refs.fetch_sub(reserved, Ordering::Release) != reserved {
            return;
        }
        // Pairs with the `fetch_sub` in `release` of every piece.
        if !mutant!("slab-retire-unfenced") {
            fence(Ordering::Acquire);
        }
        // SAFETY: no reserved reference and no piece is left, and the accesses of the pieces happened
        // before, by the pairing above.
        unsafe { Self::end(header) }
    }

    /// Reserves all references that pieces of a slab may ever have, for this thread to hand out.
    #[inline]
    pub(super) fn reserve_all(&self) {
        #[cfg(synodic_loom)]
        self.is_slab.set(true);
        // Relaxed: the caller has the allocation for itself.
        self.refs.store(RESERVED, Ordering::Relaxed);
        self.owner.store(here(), Ordering::Relaxed);
        // SAFETY: as above.
        self.returned.with_mut(|returned| unsafe { *returned = 0 });
    }

    /// What is left in `refs` of the reservation when no piece is alive.
    fn reserved(&self, handed: usize) -> usize {
        // SAFETY: the callers are the owner, and nothing else is done meanwhile.
        let returned = self.returned.with(|returned| unsafe { *returned });
        RESERVED - handed + returned
    }

    /// Whether all `handed` pieces of a slab, and their clones, are gone. Asked by the owner.
    ///
    /// A count that is not the latest does not deceive: see `README.md`.
    pub(super) fn has_only_reserved(&self, handed: usize) -> bool {
        // Pairs with the `fetch_sub` in `release` of every piece, whose reads end before.
        let acquire = ordering!(Acquire, "slab-renew-relaxed" => Relaxed);
        self.refs.load(acquire) == self.reserved(handed)
    }

    /// Bytes behind the header; 0 where somebody else's are elsewhere.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// After the allocation has grown.
    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    /// Makes the count one again, for an allocation that is used once more.
    #[inline]
    pub(super) fn renew(&self) {
        #[cfg(synodic_loom)]
        self.is_slab.set(false);
        // Relaxed: the caller has the allocation for itself.
        self.refs.store(1, Ordering::Relaxed);
    }

    /// Tells loom that the bytes are read.
    #[inline(always)]
    pub(super) fn note_read(&self) {
        #[cfg(synodic_loom)]
        self.bytes.with(|_| ());
    }

    /// Tells loom that bytes are written by the buffer that has them alone.
    #[inline(always)]
    pub(super) fn note_write(&self) {
        #[cfg(synodic_loom)]
        if self.is_slab.get() {
            // Others have their own bytes: what must not happen meanwhile is the reuse of all.
            self.bytes.with(|_| ());
        } else {
            self.note_reuse();
        }
    }

    /// Tells loom that all bytes are freed, or used for something else.
    #[inline(always)]
    pub(super) fn note_reuse(&self) {
        #[cfg(synodic_loom)]
        self.bytes.with_mut(|_| ());
    }
}

#[cfg(all(test, not(synodic_loom)))]
mod tests {
    use super::*;

    /// # Safety
    ///
    /// None is asked for.
    unsafe fn keep(_: NonNull<Header>) {}

    #[test]
    fn clones_that_come_and_go_do_not_use_up_the_count() {
        let header = Header::new(keep, 0);
        header.reserve_all();
        for _ in 0..3 * RETURNED_MAX {
            header.retain();
            // SAFETY: the header is alive, and the reference was just made.
            unsafe { Header::release(NonNull::from(&header)) };
        }
        assert!(header.refs.load(Ordering::Relaxed) <= RESERVED + RETURNED_MAX);
        assert!(header.has_only_reserved(0));
    }
}
