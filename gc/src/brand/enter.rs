//! A section without a closure.

use std::fmt;

use super::rootable::rebrand_ref;
use super::{Brand, Heap, Mutation, Rootable};

/// Opens a heap for the rest of the scope.
///
/// `enter!(heap => mc, root)` declares `mc` and `root`, which are those of
/// [`Heap::mutate`](crate::Heap::mutate). The heap collects, if that is due, at the end of the
/// scope, after a `return`, `?` or `break` as well.
///
/// ```
/// use synodic_gc::{Gc, Heap, HeapOptions, Rootable, enter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut heap = Heap::<Rootable![Gc<'_, str>]>::new(HeapOptions::new(), |mc| {
///     mc.alloc_str("12")
/// })?;
/// enter!(heap => mc, root);
/// let number: u32 = root.parse()?;
/// assert_eq!(*mc.alloc(number), 12);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! enter {
    ($heap:expr => $mc:ident, $root:ident) => {
        let section = $heap.__enter();
        // SAFETY: both values are in this scope, where no other code can name them: `entered`
        // is dropped before `section` is, and neither is moved or forgotten.
        let entered = unsafe { $crate::__private::Entered::new(&section) };
        #[allow(unused_variables)]
        let ($mc, $root) = $crate::__private::Entered::parts(&entered);
    };
}

/// A heap that is borrowed until the end of a scope.
#[doc(hidden)]
pub struct Section<'heap, R: Rootable> {
    heap: &'heap mut Heap<R>,
}

impl<R: Rootable> Heap<R> {
    /// For `enter!`.
    #[doc(hidden)]
    pub fn __enter(&mut self) -> Section<'_, R> {
        Section { heap: self }
    }
}

/// The end of a section is a safepoint, unless a panic is on its way, which a second one would
/// turn into an abort.
///
/// That there is a `Drop` also makes the lifetime of `enter!` its own: it is that of a borrow of
/// this value, which ends before the value is dropped and after that of every section opened
/// later in the scope, on every way out of it, that of a panic included.
impl<R: Rootable> Drop for Section<'_, R> {
    fn drop(&mut self) {
        if !synodic_sync::thread::panicking() {
            self.heap.poll();
        }
    }
}

/// Holds the lifetime of a section from its beginning to the end of the scope.
#[doc(hidden)]
pub struct Entered<'gc, R: Rootable> {
    mc: &'gc Mutation<'gc>,
    root: &'gc R::Root<'gc>,
    brand: Brand<'gc>,
}

impl<'gc, R: Rootable> Entered<'gc, R> {
    /// For `enter!`.
    ///
    /// # Safety
    ///
    /// The result and the section are dropped at the end of the same scope, in this order, and
    /// the section is lent to nobody else.
    #[doc(hidden)]
    pub unsafe fn new(section: &'gc Section<'_, R>) -> Self {
        let (core, root) = section.heap.parts();
        Self {
            // SAFETY: the lifetime ends at the drop of `section`, which no other one does, and
            // the heap is borrowed until then.
            mc: unsafe { Mutation::open(core) },
            // SAFETY: it is the lifetime of that section.
            root: unsafe { rebrand_ref::<R>(root) },
            brand: std::marker::PhantomData,
        }
    }

    /// For `enter!`.
    #[doc(hidden)]
    pub fn parts(this: &Self) -> (&'gc Mutation<'gc>, &'gc R::Root<'gc>) {
        (this.mc, this.root)
    }
}

/// Says nothing and does nothing: having it keeps the lifetime open to the end of the scope.
impl<R: Rootable> Drop for Entered<'_, R> {
    #[inline]
    fn drop(&mut self) {}
}

impl<R: Rootable> fmt::Debug for Section<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").finish_non_exhaustive()
    }
}

impl<R: Rootable> fmt::Debug for Entered<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").finish_non_exhaustive()
    }
}
