//! The reference count in front of shared bytes.

use std::{process, ptr::NonNull};

use synodic_sync::{
    atomic::{AtomicUsize, Ordering, fence},
    mutant, ordering,
};

/// More references than this are a leak in a loop; going on would overflow the count.
const REFS_MAX: usize = isize::MAX as usize;

/// What every shared allocation begins with.
///
/// The types that begin with it are `repr(C)`, so a pointer to one is a pointer to its header.
#[repr(C)]
pub(super) struct Header {
    refs: AtomicUsize,
    /// Frees or recycles the allocation, which nobody refers to any more.
    release: unsafe fn(NonNull<Header>),
    /// Stands for the bytes in models: loom cannot see accesses to plain memory.
    #[cfg(synodic_loom)]
    bytes: synodic_sync::cell::UnsafeCell<()>,
}

impl Header {
    /// A header with one reference.
    ///
    /// `release` is called once, with a pointer to this header in its final place, when the last
    /// reference is gone.
    pub(super) fn new(release: unsafe fn(NonNull<Header>)) -> Self {
        Self {
            refs: AtomicUsize::new(1),
            release,
            #[cfg(synodic_loom)]
            bytes: synodic_sync::cell::UnsafeCell::new(()),
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
        let release = this.release;
        // SAFETY: this was the last reference, and the accesses of all earlier owners happened
        // before this point, by the pairings above.
        unsafe { release(header) }
    }

    /// Makes the count one again, for an allocation that is used once more.
    #[inline]
    pub(super) fn renew(&self) {
        // Relaxed: the caller has the allocation for itself.
        self.refs.store(1, Ordering::Relaxed);
    }

    /// Tells loom that the bytes are read.
    #[inline(always)]
    pub(super) fn note_read(&self) {
        #[cfg(synodic_loom)]
        self.bytes.with(|_| ());
    }

    /// Tells loom that the bytes are written, freed, or taken back.
    #[inline(always)]
    pub(super) fn note_write(&self) {
        #[cfg(synodic_loom)]
        self.bytes.with_mut(|_| ());
    }
}
