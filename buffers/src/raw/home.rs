//! Where a pool's chunks live while nobody uses them.
//!
//! The thread that made the pool has a list of its own, without atomics. Other threads hand chunks
//! back on a second list, a stack that they push to one by one and that the owner takes whole, so
//! it has no ABA problem. `README.md` beside this file argues why no chunk is lost or freed twice.

use std::{
    mem,
    ptr::{self, NonNull},
};

use synodic_sync::{
    Arc, CachePadded,
    atomic::{AtomicPtr, AtomicUsize, Ordering},
    cell::UnsafeCell,
    mutant, ordering,
    thread::{Token, token},
};

use super::{
    chunk::{Chunk, Fill},
    list::{List, set_next},
};

/// Stands at the top of the stack of a home that takes nothing back any more. No chunk has this
/// address: chunks are aligned.
const CLOSED: *mut Chunk = ptr::without_provenance_mut(1);

pub(crate) struct Home {
    owner: Token,
    block_bytes: usize,
    /// Most chunks on either list.
    cached_max: usize,
    /// Touched by the owner alone: see `with_local`.
    local: UnsafeCell<Local>,
    handed_back: CachePadded<HandedBack>,
}

/// What only the owner touches.
struct Local {
    list: List,
    is_closed: bool,
    counts: HomeCounts,
}

/// What the owner knows.
#[derive(Clone, Copy, Default)]
pub(crate) struct HomeCounts {
    /// Chunks that were allocated.
    pub(crate) allocated: u64,
    /// Chunks that were taken from a list.
    pub(crate) reused: u64,
    /// Chunks that other threads handed back, as far as the owner has collected them.
    pub(crate) from_other_threads: u64,
    /// Chunks on both lists now.
    pub(crate) cached: usize,
}

/// The other threads' list.
struct HandedBack {
    top: AtomicPtr<Chunk>,
    /// Chunks on the list, and those that are about to be: reserved before the push.
    len: AtomicUsize,
}

impl HandedBack {
    /// Makes sure of a place before the push, so that the list never exceeds the bound.
    fn reserve(&self, cached_max: usize) -> bool {
        if mutant!("pool-bound-unreserved") {
            // Relaxed: wrong on purpose.
            let has_place = self.len.load(Ordering::Relaxed) < cached_max;
            self.len
                .fetch_add(usize::from(has_place), Ordering::Relaxed);
            return has_place;
        }
        // Relaxed: a bound that orders nothing.
        let has_place = self.len.fetch_add(1, Ordering::Relaxed) < cached_max;
        if !has_place && !mutant!("pool-bound-leaks") {
            // Relaxed: as above.
            self.len.fetch_sub(1, Ordering::Relaxed);
        }
        has_place
    }
}

// SAFETY: `local` is touched only on the owner's thread, which `with_local` checks. The chunks on
// both lists belong to the home alone, and a chunk's memory is not bound to a thread.
unsafe impl Send for Home {}
// SAFETY: as above.
unsafe impl Sync for Home {}

impl Home {
    /// A home whose owner is the current thread.
    pub(crate) fn new(block_bytes: usize, cached_max: usize) -> Arc<Self> {
        Arc::new(Self {
            owner: token(),
            block_bytes,
            cached_max,
            local: UnsafeCell::new(Local {
                list: List::new(),
                is_closed: false,
                counts: HomeCounts::default(),
            }),
            handed_back: CachePadded::new(HandedBack {
                top: AtomicPtr::new(ptr::null_mut()),
                len: AtomicUsize::new(0),
            }),
        })
    }

    /// A chunk with one reference, from a list or fresh.
    ///
    /// # Panics
    ///
    /// On another thread than the owner's.
    #[inline]
    pub(super) fn take(home: &Arc<Self>) -> NonNull<Chunk> {
        let cached = home.with_local(|local| {
            if local.list.len() == 0 {
                home.collect(local);
            }
            let chunk = local.list.pop()?;
            local.counts.reused += 1;
            Some(chunk)
        });
        let Some(chunk) = cached else {
            return Self::allocate(home);
        };
        // SAFETY: the chunk was on a list of ours, so it is alive and ours.
        unsafe { chunk.as_ref() }.header().renew();
        chunk
    }

    /// Frees every cached chunk beyond `keep`.
    ///
    /// # Panics
    ///
    /// On another thread than the owner's.
    pub(crate) fn trim(&self, keep: usize) {
        let mut surplus = self.with_local(|local| {
            let mut surplus = List::new();
            while local.list.len() > keep {
                local.list.pop_to(&mut surplus);
            }
            let mut others = self.detach(ptr::null_mut());
            local.counts.from_other_threads += others.len() as u64;
            while local.list.len() < keep.min(self.cached_max) && others.pop_to(&mut local.list) {}
            while others.pop_to(&mut surplus) {}
            surplus
        });
        // Only now, because to free calls a hook, which may come back here.
        while surplus.free_top() {}
    }

    /// Frees every cached chunk; from now on, what comes back is freed.
    ///
    /// # Panics
    ///
    /// On another thread than the owner's.
    pub(crate) fn close(&self) {
        let mut own = self.with_local(|local| {
            local.is_closed = true;
            mem::replace(&mut local.list, List::new())
        });
        while own.free_top() {}
        let top = if mutant!("pool-close-stays-open") {
            ptr::null_mut()
        } else {
            CLOSED
        };
        let mut others = self.detach(top);
        while others.free_top() {}
    }

    /// What happened so far.
    ///
    /// # Panics
    ///
    /// On another thread than the owner's.
    pub(crate) fn counts(&self) -> HomeCounts {
        // Relaxed: a number for people.
        let handed_back = self.handed_back.len.load(Ordering::Relaxed);
        self.with_local(|local| HomeCounts {
            cached: local.list.len() + handed_back,
            ..local.counts
        })
    }

    pub(crate) fn block_bytes(&self) -> usize {
        self.block_bytes
    }

    pub(crate) fn cached_max(&self) -> usize {
        self.cached_max
    }

    /// Whether the current thread is the owner.
    #[inline]
    pub(super) fn is_here(&self) -> bool {
        token() == self.owner
    }

    /// Puts a chunk on the owner's list. Returns false when it is closed or full.
    ///
    /// # Panics
    ///
    /// On another thread than the owner's.
    ///
    /// # Safety
    ///
    /// `chunk` is a chunk of this home that nobody refers to. It is the home's when the result is
    /// true, and still the caller's otherwise.
    #[inline]
    pub(super) unsafe fn keep(&self, chunk: NonNull<Chunk>) -> bool {
        self.with_local(|local| {
            let is_kept = !local.is_closed && local.list.len() < self.cached_max;
            if is_kept {
                // SAFETY: the caller hands the chunk over.
                unsafe { local.list.push(chunk) };
            }
            is_kept
        })
    }

    /// Puts a chunk on the list for the owner to collect. Returns false when it is closed or full.
    ///
    /// # Safety
    ///
    /// `chunk` is a chunk of this home that nobody refers to. It is the home's when the result is
    /// true, and still the caller's otherwise.
    pub(super) unsafe fn hand_back(&self, chunk: NonNull<Chunk>) -> bool {
        let others = &*self.handed_back;
        if !others.reserve(self.cached_max) {
            return false;
        }
        // A guess that holds whenever the owner keeps up, and saves a load. It also keeps the
        // exchange the first access here, next to the owner's: loom looks for races with the last
        // access of an object alone.
        let mut top = ptr::null_mut();
        while top != CLOSED {
            // SAFETY: the chunk is the caller's alone until the exchange succeeds.
            unsafe { set_next(chunk, top) };
            let pushed = others.top.compare_exchange_weak(
                top,
                chunk.as_ptr(),
                // Pairs with the swap in `detach`: the link and the last uses of the bytes happen
                // before the owner's next use. Later pushes are read-modify-writes, so they keep
                // up the release sequence of this one.
                ordering!(Release, "pool-hand-back-relaxed" => Relaxed),
                // Relaxed: the pointer is stored and compared, but never followed here.
                Ordering::Relaxed,
            );
            match pushed {
                Ok(_) => return true,
                Err(current) => top = current,
            }
        }
        false
    }

    /// Moves what other threads handed back to the owner's list, which is empty.
    fn collect(&self, local: &mut Local) {
        // Relaxed: a hint whether it is worth the swap.
        if self.handed_back.top.load(Ordering::Relaxed).is_null() {
            return;
        }
        local.list = self.detach(ptr::null_mut());
        local.counts.from_other_threads += local.list.len() as u64;
    }

    /// Takes the whole list of the other threads and leaves `top` in its place.
    fn detach(&self, top: *mut Chunk) -> List {
        // Pairs with the exchange in `hand_back`.
        let acquire = ordering!(Acquire, "pool-collect-relaxed" => Relaxed);
        let detached = self.handed_back.top.swap(top, acquire);
        if detached == CLOSED {
            return List::new();
        }
        // SAFETY: what is linked from the top was pushed by `hand_back`, whose caller gave it up,
        // and whoever swaps the top out is the only one to see it.
        let list = unsafe { List::adopt(detached) };
        // Relaxed: a bound that orders nothing.
        self.handed_back
            .len
            .fetch_sub(list.len(), Ordering::Relaxed);
        list
    }

    #[cold]
    fn allocate(home: &Arc<Self>) -> NonNull<Chunk> {
        home.with_local(|local| local.counts.allocated += 1);
        Chunk::allocate(home.block_bytes, Fill::Uninit, Some(Arc::clone(home)))
    }

    /// Runs `f` on what only the owner touches. `f` must not come back here.
    ///
    /// # Panics
    ///
    /// On another thread than the owner's.
    #[inline]
    fn with_local<R>(&self, f: impl FnOnce(&mut Local) -> R) -> R {
        assert!(
            self.is_here(),
            "a block pool is used by the thread that made it"
        );
        // SAFETY: only the owner's thread gets here, so no other thread refers to `local`; and the
        // closures above do not come back here, so this one has no other reference either.
        self.local.with_mut(|local| f(unsafe { &mut *local }))
    }
}
