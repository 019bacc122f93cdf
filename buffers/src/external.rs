//! Telling somebody how much memory there is outside of what he knows.

/// Who wants to know how much memory buffers hold: a collector, to which it is a debt.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicIsize, Ordering};
/// use synodic_buffers::{BufferMut, ExternalMemory, set_external_memory};
///
/// static BYTES: AtomicIsize = AtomicIsize::new(0);
///
/// struct Debt;
///
/// impl ExternalMemory for Debt {
///     fn adjust(&self, delta: isize) {
///         BYTES.fetch_add(delta, Ordering::Relaxed);
///     }
/// }
///
/// set_external_memory(&Debt).unwrap();
/// let buffer = BufferMut::zeroed(1 << 20);
/// assert!(BYTES.load(Ordering::Relaxed) >= 1 << 20);
/// drop(buffer);
/// assert!(BYTES.load(Ordering::Relaxed) < 1 << 20);
/// ```
#[doc(alias = "AdjustAmountOfExternalAllocatedMemory")]
pub trait ExternalMemory: Sync {
    /// Memory was allocated, or freed when `delta` is negative.
    ///
    /// Called by any thread, once for each slab, block and large buffer, and not for small ones. What
    /// an owner or a vector brings along is not counted. Buffers may be allocated and dropped inside.
    fn adjust(&self, delta: isize);
}

/// There is somebody already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody is told about external memory already")]
pub struct ExternalMemoryTaken;

/// Sets who is told about memory from now on, for the whole process and for good.
///
/// # Errors
///
/// [`ExternalMemoryTaken`] when there is somebody already.
#[cfg(not(synodic_loom))]
pub fn set_external_memory(hook: &'static dyn ExternalMemory) -> Result<(), ExternalMemoryTaken> {
    HOOK.set(hook).map_err(|_| ExternalMemoryTaken)
}

#[cfg(not(synodic_loom))]
static HOOK: synodic_sync::OnceLock<&'static dyn ExternalMemory> = synodic_sync::OnceLock::new();

/// Tells that an allocation has `new` bytes instead of `old`.
#[inline]
pub(crate) fn adjust(new: usize, old: usize) {
    // A model has no statics.
    #[cfg(not(synodic_loom))]
    if let Some(hook) = HOOK.get() {
        hook.adjust(new.wrapping_sub(old) as isize);
    }
    #[cfg(synodic_loom)]
    let _ = (new, old);
}
