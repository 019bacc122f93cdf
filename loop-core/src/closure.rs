//! Callbacks that are stored in place: a closure of up to three words needs no allocation.
//!
//! Why it is sound: [`Place::store`] is the only way to fill a place, and it pairs the value with
//! the functions for exactly its type. Both are private to this module and travel together in one
//! value, which is moved as any closure is, and gives the closure up once: to its call or its drop.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::task::Waker;

use crate::Reason;

/// Words of a closure that is stored in place: one or two shared pointers and a number. With the
/// pointer to its functions that is half a cache line.
const WORDS: usize = 3;

/// Room for a value of any type that [`fits`].
struct Place {
    words: [MaybeUninit<usize>; WORDS],
    /// What is in here may be bound to its thread.
    _value: PhantomData<dyn FnMut()>,
}

/// What can be done with the value in a place.
struct Functions {
    /// Whether the value is a [`Waker`].
    is_waker: bool,
    /// Calls the value; a [`Job`] is used up by it.
    call: unsafe fn(*mut Place) -> Result<(), Reason>,
    /// Drops the value; `None` when there is nothing to do.
    drop: Option<unsafe fn(*mut Place)>,
}

/// A callback that can be called again: `Box<dyn FnMut() -> Result<(), Reason>>`, in place.
pub(crate) struct Closure {
    functions: &'static Functions,
    place: Place,
}

/// A callback that is called once: `Box<dyn FnOnce() -> Result<(), Reason>>`, in place.
pub(crate) struct Job {
    functions: &'static Functions,
    place: Place,
}

impl Closure {
    #[inline]
    pub(crate) fn new<F: FnMut() -> Result<(), Reason> + 'static>(closure: F) -> Self {
        if fits::<F>() {
            return Self::in_place(closure);
        }
        Self::in_place(Box::new(closure))
    }

    #[inline]
    fn in_place<F: FnMut() -> Result<(), Reason> + 'static>(closure: F) -> Self {
        Self {
            functions: &Stored::<F>::CALLBACK,
            place: Place::store(closure),
        }
    }

    /// A callback that wakes a task.
    pub(crate) fn wake(waker: Waker) -> Self {
        Self {
            functions: &Stored::<Waker>::WAKER,
            place: Place::store(waker),
        }
    }

    pub(crate) fn call(&mut self) -> Result<(), Reason> {
        // SAFETY: `functions` belongs to what `place` holds, and `&mut self` keeps everybody else
        // away from it during the call.
        unsafe { (self.functions.call)(&raw mut self.place) }
    }

    /// Whether dropping it does anything.
    #[inline]
    pub(crate) fn has_drop(&self) -> bool {
        self.functions.drop.is_some()
    }

    /// The waker of a callback made by [`wake`](Self::wake).
    pub(crate) fn as_waker(&self) -> Option<&Waker> {
        if !self.functions.is_waker {
            return None;
        }
        let waker = (&raw const self.place).cast::<Waker>();
        // SAFETY: only `wake` sets the flag, and it stores a `Waker`, which lives as long as
        // `self` is borrowed.
        Some(unsafe { &*waker })
    }
}

impl Drop for Closure {
    #[inline]
    fn drop(&mut self) {
        self.place.drop_value(self.functions);
    }
}

impl Job {
    #[inline]
    pub(crate) fn new<F: FnOnce() -> Result<(), Reason> + 'static>(closure: F) -> Self {
        if fits::<F>() {
            return Self::in_place(closure);
        }
        Self::in_place(Box::new(closure))
    }

    #[inline]
    fn in_place<F: FnOnce() -> Result<(), Reason> + 'static>(closure: F) -> Self {
        Self {
            functions: &Stored::<F>::JOB,
            place: Place::store(closure),
        }
    }

    #[inline]
    pub(crate) fn run(self) -> Result<(), Reason> {
        let mut job = ManuallyDrop::new(self);
        let call = job.functions.call;
        // SAFETY: `functions` belongs to what `place` holds. The call takes the value out, and
        // nobody drops the job after it.
        unsafe { call(&raw mut job.place) }
    }
}

impl Drop for Job {
    #[inline]
    fn drop(&mut self) {
        self.place.drop_value(self.functions);
    }
}

impl Place {
    #[inline]
    fn store<T>(value: T) -> Self {
        assert!(fits::<T>(), "the caller stores in place only what fits");
        let mut place = Self {
            words: [MaybeUninit::uninit(); WORDS],
            _value: PhantomData,
        };
        let words = place.words.as_mut_ptr().cast::<T>();
        // SAFETY: the value fits in size and alignment, by the assertion.
        unsafe { words.write(value) };
        place
    }

    /// Drops the value. Called once, by the drop of what owns the place.
    #[inline]
    fn drop_value(&mut self, functions: &Functions) {
        if let Some(drop) = functions.drop {
            // SAFETY: `functions` belongs to what this place holds, and nobody uses it again.
            unsafe { drop(self) };
        }
    }
}

/// Whether a value can be stored in place.
const fn fits<T>() -> bool {
    size_of::<T>() <= size_of::<[usize; WORDS]>() && align_of::<T>() <= align_of::<usize>()
}

/// The functions for values of type `T`.
struct Stored<T>(PhantomData<T>);

impl<F: FnMut() -> Result<(), Reason>> Stored<F> {
    const CALLBACK: Functions = Functions {
        is_waker: false,
        call: call_again::<F>,
        drop: drop_of::<F>(),
    };
}

impl<F: FnOnce() -> Result<(), Reason>> Stored<F> {
    const JOB: Functions = Functions {
        is_waker: false,
        call: call_once::<F>,
        drop: drop_of::<F>(),
    };
}

impl Stored<Waker> {
    const WAKER: Functions = Functions {
        is_waker: true,
        call: wake,
        drop: drop_of::<Waker>(),
    };
}

const fn drop_of<T>() -> Option<unsafe fn(*mut Place)> {
    if std::mem::needs_drop::<T>() {
        Some(drop_value::<T>)
    } else {
        None
    }
}

/// # Safety
///
/// `place` holds an `F` that nobody else uses during the call.
unsafe fn call_again<F: FnMut() -> Result<(), Reason>>(place: *mut Place) -> Result<(), Reason> {
    // SAFETY: this function's own contract.
    let closure = unsafe { &mut *place.cast::<F>() };
    closure()
}

/// # Safety
///
/// `place` holds an `F` that nobody uses again.
unsafe fn call_once<F: FnOnce() -> Result<(), Reason>>(place: *mut Place) -> Result<(), Reason> {
    // SAFETY: this function's own contract: the value moves out, and is dropped here only.
    let closure = unsafe { place.cast::<F>().read() };
    closure()
}

/// # Safety
///
/// `place` holds a `Waker` that nobody else uses during the call.
unsafe fn wake(place: *mut Place) -> Result<(), Reason> {
    // SAFETY: this function's own contract.
    let waker = unsafe { &*place.cast::<Waker>() };
    waker.wake_by_ref();
    Ok(())
}

/// # Safety
///
/// `place` holds a `T` that nobody uses again.
unsafe fn drop_value<T>(place: *mut Place) {
    // SAFETY: this function's own contract.
    unsafe { place.cast::<T>().drop_in_place() };
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;
    use std::task::Wake;

    use synodic_sync::Arc;
    use synodic_sync::atomic::AtomicU32;
    use synodic_sync::atomic::Ordering::Relaxed;

    use super::*;

    /// A closure that counts its calls, and holds `padding` too.
    fn counter<P: 'static>(
        calls: &Rc<Cell<u32>>,
        padding: P,
    ) -> impl FnMut() -> Result<(), Reason> + use<P> {
        let calls = Rc::clone(calls);
        move || {
            let _held = &padding;
            calls.set(calls.get() + 1);
            Ok(())
        }
    }

    #[repr(align(32))]
    struct Aligned(u8);

    fn check_callback<P: 'static>(padding: P) {
        let calls = Rc::new(Cell::new(0));
        let mut callback = Closure::new(counter(&calls, padding));
        assert!(callback.call().is_ok());
        // A callback is moved between calls.
        let mut moved = vec![callback];
        assert!(moved[0].call().is_ok());
        assert_eq!((calls.get(), Rc::strong_count(&calls)), (2, 2));
        drop(moved);
        assert_eq!(Rc::strong_count(&calls), 1, "dropped once");
    }

    #[test]
    fn closures_of_any_size_and_alignment_are_called_again_and_dropped_once() {
        check_callback(());
        check_callback([1_usize; 2]);
        check_callback([1_usize; 3]);
        check_callback([1_usize; 100]);
        check_callback(Aligned(1).0);
        check_callback(Aligned(1));
    }

    fn check_job<P: 'static>(padding: fn() -> P) {
        let calls = Rc::new(Cell::new(0));
        assert!(Job::new(counter(&calls, padding())).run().is_ok());
        assert_eq!((calls.get(), Rc::strong_count(&calls)), (1, 1));
        drop(Job::new(counter(&calls, padding())));
        assert_eq!((calls.get(), Rc::strong_count(&calls)), (1, 1));
    }

    #[test]
    fn a_job_of_any_size_runs_once_or_is_dropped() {
        check_job(|| ());
        check_job(|| [1_usize; 2]);
        check_job(|| [1_usize; 100]);
        check_job(|| Aligned(1));
    }

    #[test]
    fn a_closure_that_panics_is_dropped_once() {
        let held = Rc::new(());
        let inner = Rc::clone(&held);
        let mut callback = Closure::new(move || panic!("{inner:?}"));
        assert!(catch_unwind(AssertUnwindSafe(|| callback.call())).is_err());
        drop(callback);
        let inner = Rc::clone(&held);
        let job = Job::new(move || panic!("{inner:?}"));
        assert!(catch_unwind(AssertUnwindSafe(|| job.run())).is_err());
        assert_eq!(Rc::strong_count(&held), 1);
    }

    #[test]
    fn a_waker_is_found_again_and_a_closure_is_none() {
        struct Count(AtomicU32);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Relaxed);
            }
        }
        let count = Arc::new(Count(AtomicU32::new(0)));
        let waker = Waker::from(Arc::clone(&count));
        let mut callback = Closure::wake(waker);
        assert!(callback.call().is_ok());
        assert_eq!(count.0.load(Relaxed), 1);
        callback
            .as_waker()
            .expect("it was made of one")
            .wake_by_ref();
        assert_eq!(count.0.load(Relaxed), 2);
        drop(callback);
        assert_eq!(Arc::strong_count(&count), 1);
        assert!(Closure::new(|| Ok(())).as_waker().is_none());
    }

    #[test]
    fn a_callback_is_half_a_cache_line() {
        assert_eq!(size_of::<Option<Closure>>(), 32);
        assert_eq!(size_of::<Option<Job>>(), 32);
    }
}
