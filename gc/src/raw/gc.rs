//! The pointer that users hold.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;

use super::object::Object;
use crate::brand::Brand;

/// A pointer to a value in a garbage-collected heap.
///
/// It is one word, for slices and strings as well, and `Copy`. It is good for the section `'gc`
/// in which it was made or read; between sections the collector moves objects, and a value that
/// is needed later stays in the heap's root, in a [`Root`](crate::Root) handle, or in the state
/// of [`Heap::run`](crate::Heap::run).
///
/// ```
/// use synodic_gc::{Gc, Heap, HeapOptions, Rootable};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// let mut heap = Heap::<Rootable![Gc<'_, str>]>::new(HeapOptions::new(), |mc| {
///     mc.alloc_str("hello")
/// })?;
/// heap.mutate(|mc, root| {
///     let pair = mc.alloc((*root, 7));
///     assert_eq!((&*pair.0, pair.1), ("hello", 7));
///     assert_eq!(size_of_val(&pair), size_of::<usize>());
/// });
/// # Ok(())
/// # }
/// ```
pub struct Gc<'gc, T: ?Sized> {
    object: Object,
    brand: Brand<'gc>,
    target: PhantomData<*const T>,
}

impl<'gc, T: ?Sized> Gc<'gc, T> {
    /// Takes an object for what it holds.
    ///
    /// # Safety
    ///
    /// The object holds a `T`, was written completely, and belongs to the heap whose section is
    /// `'gc`.
    #[inline]
    pub(crate) unsafe fn new(object: Object) -> Self {
        Self {
            object,
            brand: PhantomData,
            target: PhantomData,
        }
    }

    /// Whether both point to the same object.
    #[inline]
    pub fn ptr_eq(a: Self, b: Self) -> bool {
        a.object == b.object
    }

    #[inline]
    pub(crate) fn object(&self) -> Object {
        self.object
    }

    #[inline]
    pub(crate) fn object_mut(&mut self) -> &mut Object {
        &mut self.object
    }
}

impl<'gc, T: ?Sized + Managed> Gc<'gc, T> {
    /// The value, for as long as the section is open.
    ///
    /// An associated function, so that it hides no method of the value.
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too; its borrow ends with the pointer"
    )]
    pub fn as_ref(this: Self) -> &'gc T {
        // SAFETY: objects move and are freed between sections only, and there is no mutable
        // reference to one in a section.
        unsafe { &*this.value() }
    }

    #[inline]
    fn value(self) -> *const T {
        // SAFETY: `new` was promised that the object holds a `T`.
        unsafe { T::at(self.object) }
    }
}

/// A type of value that a [`Gc`] can point to: sized types, slices and `str`.
pub trait Managed: private::Sealed {
    /// Where the value is in its object.
    ///
    /// # Safety
    ///
    /// The object holds a value of this type.
    #[doc(hidden)]
    unsafe fn at(object: Object) -> *const Self;
}

mod private {
    //! Keeps `Managed` to this crate.

    /// Implemented for what can be pointed to.
    pub trait Sealed {}

    impl<T> Sealed for T {}
    impl<T> Sealed for [T] {}
    impl Sealed for str {}
}

impl<T> Managed for T {
    #[inline]
    unsafe fn at(object: Object) -> *const T {
        object.value::<T>().as_ptr()
    }
}

impl<T> Managed for [T] {
    #[inline]
    unsafe fn at(object: Object) -> *const [T] {
        object.elements::<T>().as_ptr()
    }
}

impl Managed for str {
    #[inline]
    unsafe fn at(object: Object) -> *const str {
        object.elements::<u8>().as_ptr() as *const str
    }
}

impl<T: ?Sized> Clone for Gc<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Gc<'_, T> {}

impl<T: ?Sized + Managed> Deref for Gc<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: as for `as_ref`; the borrow is shorter.
        unsafe { &*self.value() }
    }
}

impl<T: ?Sized + Managed> AsRef<T> for Gc<'_, T> {
    #[inline]
    fn as_ref(&self) -> &T {
        self
    }
}

/// Compares the values, as `Rc` does; [`Gc::ptr_eq`] compares the pointers.
impl<T: ?Sized + Managed + PartialEq> PartialEq for Gc<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Managed + Eq> Eq for Gc<'_, T> {}

/// Hashes the value.
impl<T: ?Sized + Managed + Hash> Hash for Gc<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

/// Shows the value. Cells show nothing of what is in them, so that a circle ends.
impl<T: ?Sized + Managed + fmt::Debug> fmt::Debug for Gc<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + Managed + fmt::Display> fmt::Display for Gc<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
