//! What each thread keeps ready: a slab to cut small buffers from, and blocks of a few sizes.

use std::{
    cell::{Cell, RefCell},
    mem,
    ptr::{self, NonNull},
};

use synodic_sync::Arc;

use super::{chunk::Chunk, home::Home, slab::Slab};
use crate::{LocalPoolStats, PoolLimits};

/// Sizes of blocks: 4 KiB and its doubles up to 256 KiB.
const CLASSES: usize = 7;

/// Bytes of the smallest class.
pub(crate) const CLASS_MIN: usize = 4 * 1024;

/// Bytes of the largest class; what is larger is left to the allocator.
pub(crate) const CLASS_MAX: usize = CLASS_MIN << (CLASSES - 1);

synodic_sync::thread_local! {
    static LOCAL: RefCell<Local> = const { RefCell::new(Local::new()) };

    /// There for its address. It has no destructor, so it is there to the end of the thread.
    static HERE: Cell<u8> = const { Cell::new(0) };
}

/// A name for this thread that no other has as long as both live. A slab does not outlive its thread:
/// then the pool gives it up.
#[inline]
pub(super) fn here() -> usize {
    HERE.with(|here| ptr::from_ref(here).addr())
}

/// Memory for a buffer: its chunk, of which the caller gets a reference, and where it begins.
pub(super) struct Place {
    pub(super) chunk: NonNull<Chunk>,
    pub(super) data: NonNull<u8>,
}

struct Local {
    limits: PoolLimits,
    slab: Option<Slab>,
    homes: [Option<OwnHome>; CLASSES],
    /// Slabs that were begun anew where they are.
    slabs_renewed: u64,
    slabs_started: u64,
}

/// Memory of this thread for `capacity` bytes.
///
/// `None` when it is for the allocator: it is too large, the thread ends, or somebody allocates from
/// inside an allocation (a hook).
#[inline]
pub(super) fn take(capacity: usize) -> Option<Place> {
    with(|local| local.take(capacity)).flatten()
}

pub(crate) fn set_limits(limits: PoolLimits) {
    let old = with(|local| {
        let fresh = Local {
            limits,
            ..Local::new()
        };
        mem::replace(local, fresh)
    });
    // Outside: what is dropped may call a hook.
    drop(old);
}

pub(crate) fn limits() -> PoolLimits {
    with(|local| local.limits.clone()).unwrap_or_default()
}

/// Frees what nobody uses.
pub(crate) fn trim() {
    let homes = |local: &Local| {
        local
            .homes
            .each_ref()
            .map(|home| home.as_ref().map(OwnHome::share))
    };
    let Some((slab, homes)) = with(|local| (local.slab.take(), homes(local))) else {
        return;
    };
    // Outside, as above; and the slab first: when nobody has a piece of it, it goes home.
    drop(slab);
    homes.iter().flatten().for_each(|home| home.trim(0));
}

pub(crate) fn stats() -> LocalPoolStats {
    with(|local| local.stats()).unwrap_or_default()
}

fn with<R>(f: impl FnOnce(&mut Local) -> R) -> Option<R> {
    LOCAL
        .try_with(|local| local.try_borrow_mut().ok().map(|mut local| f(&mut local)))
        .ok()
        .flatten()
}

impl Local {
    const fn new() -> Self {
        Self {
            limits: PoolLimits::new(),
            slab: None,
            homes: [const { None }; CLASSES],
            slabs_renewed: 0,
            slabs_started: 0,
        }
    }

    #[inline]
    fn take(&mut self, capacity: usize) -> Option<Place> {
        // Node's rule: strictly less than half a slab.
        if capacity >= self.limits.slab_bytes / 2 {
            return self.block(capacity);
        }
        match self.slab.as_mut().and_then(|slab| slab.cut(capacity)) {
            None => self.take_of_next_slab(capacity),
            place => place,
        }
    }

    #[cold]
    fn take_of_next_slab(&mut self, capacity: usize) -> Option<Place> {
        if self.slab.as_mut().is_some_and(Slab::renew) {
            self.slabs_renewed += 1;
        } else {
            let place = self.block(self.limits.slab_bytes)?;
            self.slab = Some(Slab::new(place.chunk));
            self.slabs_started += 1;
        }
        self.slab.as_mut()?.cut(capacity)
    }

    fn block(&mut self, capacity: usize) -> Option<Place> {
        if capacity > CLASS_MAX {
            return None;
        }
        let block_bytes = capacity.next_power_of_two().max(CLASS_MIN);
        let class = (block_bytes.trailing_zeros() - CLASS_MIN.trailing_zeros()) as usize;
        let home = match &self.homes[class] {
            Some(OwnHome(home)) => home,
            None => self.open(class),
        };
        let chunk = Home::take(home);
        // SAFETY: the chunk was just taken, so it is alive.
        let data = unsafe { Chunk::data(chunk) };
        Some(Place { chunk, data })
    }

    #[cold]
    fn open(&mut self, class: usize) -> &Arc<Home> {
        let block_bytes = CLASS_MIN << class;
        let home = Home::new(block_bytes, self.limits.cache_bytes_max / block_bytes);
        &self.homes[class].insert(OwnHome(home)).0
    }

    fn stats(&self) -> LocalPoolStats {
        let mut stats = LocalPoolStats {
            slabs_started: self.slabs_started,
            slabs_renewed: self.slabs_renewed,
            ..LocalPoolStats::default()
        };
        for OwnHome(home) in self.homes.iter().flatten() {
            let counts = home.counts();
            stats.blocks_allocated += counts.allocated;
            stats.blocks_reused += counts.reused;
            stats.blocks_from_other_threads += counts.from_other_threads;
            stats.cached_bytes += counts.cached * home.block_bytes();
        }
        stats
    }
}

/// A home that is closed when its thread ends, or gives it up.
struct OwnHome(Arc<Home>);

impl OwnHome {
    fn share(&self) -> Arc<Home> {
        Arc::clone(&self.0)
    }
}

impl Drop for OwnHome {
    fn drop(&mut self) {
        self.0.close();
    }
}
