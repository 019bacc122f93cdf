//! Address space from the operating system.
//!
//! A [`Reservation`] is a range of addresses that costs memory only where it is touched. Unix maps
//! it; elsewhere, and under Miri, the allocator gives zeroed memory, which is lazy on the systems
//! that matter.

#[cfg(any(not(unix), miri))]
mod portable;
#[cfg(all(unix, not(miri)))]
mod unix;

mod clock;
mod prefetch;

#[cfg(any(not(unix), miri))]
pub(crate) use portable::Reservation;
#[cfg(all(unix, not(miri)))]
pub(crate) use unix::Reservation;

pub(crate) use clock::thread_time;
pub(crate) use prefetch::prefetch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_memory_is_aligned_and_zero() {
        let memory = Reservation::new(1 << 20, 1 << 18).expect("a megabyte is there");
        assert_eq!(memory.base().addr().get() % (1 << 18), 0);
        assert_eq!(memory.bytes(), 1 << 20);
        // SAFETY: the first byte of a live reservation.
        let first = unsafe { memory.base().read() };
        assert_eq!(first, 0);
    }

    #[test]
    fn what_the_system_does_not_have_is_refused() {
        assert!(Reservation::new(1 << 62, 1 << 18).is_err());
    }
}
