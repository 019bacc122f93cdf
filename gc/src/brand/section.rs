//! What can be done with a heap while it does not collect.

use std::fmt;
use std::ops::Deref;

use super::{Brand, Root, Rootable};
use crate::error::OutOfMemory;
use crate::raw::{Core, Gc, OBJECT_ALIGN, Pending, Pinned};
use crate::trace::Trace;
use crate::weak::Weak;

/// A section in which a heap is read.
///
/// [`Mutation`] is one too, so what takes a `&View` takes a `&Mutation`.
#[repr(transparent)]
pub struct View<'gc> {
    core: Core,
    brand: Brand<'gc>,
}

/// A section in which a heap is read and changed. It allocates, and never collects.
///
/// All pointers carry its lifetime. See [`Heap`](crate::Heap) for the ways to open one. It stays on
/// the heap's thread:
///
/// ```compile_fail,E0277
/// use synodic_gc::{Heap, HeapOptions, Rootable};
///
/// let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
/// heap.mutate(|mc, ()| {
///     std::thread::scope(|scope| {
///         scope.spawn(|| mc.gc_pending());
///     });
/// });
/// ```
#[repr(transparent)]
pub struct Mutation<'gc> {
    view: View<'gc>,
}

impl<'gc> View<'gc> {
    /// A section of the heap.
    ///
    /// # Safety
    ///
    /// The lifetime belongs to no other section, and the heap collects nothing while it lasts.
    pub(super) unsafe fn open(core: &'gc Core) -> &'gc Self {
        // SAFETY: the type is a `Core` with a marker.
        unsafe { &*(&raw const *core).cast() }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

impl<'gc> Mutation<'gc> {
    /// A section of the heap.
    ///
    /// # Safety
    ///
    /// The lifetime belongs to no other section, and the heap collects nothing while it lasts.
    #[inline]
    pub(super) unsafe fn open(core: &'gc Core) -> &'gc Self {
        // SAFETY: the type is a `Core` with markers.
        unsafe { &*(&raw const *core).cast() }
    }

    #[inline]
    pub(crate) fn core(&self) -> &Core {
        &self.view.core
    }

    /// Moves a value into the heap.
    ///
    /// The lifetime of the result is that of the section, so is the lifetime of every pointer
    /// in the value. A value aligned to more than 8 bytes, and one that keeps cells in a `Vec`
    /// or `Box` of its own, does not compile.
    ///
    /// # Panics
    ///
    /// When the heap is full; [`try_alloc`](Self::try_alloc) gives the value back instead.
    ///
    /// # Examples
    ///
    /// ```
    /// # use synodic_gc::{Heap, HeapOptions, Rootable};
    /// # fn main() -> Result<(), synodic_gc::HeapError> {
    /// # let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ())?;
    /// heap.mutate(|mc, ()| {
    ///     let one = mc.alloc(1);
    ///     let pair = mc.alloc([one, one]);
    ///     assert_eq!(*pair[0] + *pair[1], 2);
    /// });
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn alloc<T: Trace + 'gc>(&self, value: T) -> Gc<'gc, T> {
        const { accept::<T>() }
        match self.core().allocate(value) {
            // SAFETY: just made from a `T` in the heap of this section.
            Ok(object) => unsafe { Gc::new(object) },
            Err(_) => full(),
        }
    }

    /// Moves a value into the heap if there is room.
    ///
    /// # Errors
    ///
    /// The value comes back when the heap has reached its limit. A full collection happens at
    /// the next safepoint, so leave the section before you try again.
    #[inline]
    pub fn try_alloc<T: Trace + 'gc>(&self, value: T) -> Result<Gc<'gc, T>, OutOfMemory<T>> {
        const { accept::<T>() }
        let object = self.core().allocate(value).map_err(OutOfMemory)?;
        // SAFETY: just made from a `T` in the heap of this section.
        Ok(unsafe { Gc::new(object) })
    }

    /// Makes a slice of `len` elements, in order.
    ///
    /// # Panics
    ///
    /// When the heap is full, and when `element` panics; what it made is dropped then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use synodic_gc::{Heap, HeapOptions, Rootable};
    /// # fn main() -> Result<(), synodic_gc::HeapError> {
    /// # let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ())?;
    /// heap.mutate(|mc, ()| {
    ///     let squares = mc.alloc_slice(4, |i| i * i);
    ///     assert_eq!(*squares, [0, 1, 4, 9]);
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn alloc_slice<T: Trace + 'gc>(
        &self,
        len: usize,
        element: impl FnMut(usize) -> T,
    ) -> Gc<'gc, [T]> {
        const { accept::<T>() }
        match self.core().allocate_slice(len, element) {
            // SAFETY: just made of elements in the heap of this section.
            Some(object) => unsafe { Gc::new(object) },
            None => full(),
        }
    }

    /// Makes a slice of `len` elements, in order, if there is room.
    ///
    /// # Errors
    ///
    /// When the heap has reached its limit; `element` was not called then.
    ///
    /// # Panics
    ///
    /// When `element` panics; what it made is dropped then.
    pub fn try_alloc_slice<T: Trace + 'gc>(
        &self,
        len: usize,
        element: impl FnMut(usize) -> T,
    ) -> Result<Gc<'gc, [T]>, OutOfMemory<()>> {
        const { accept::<T>() }
        let object = self.core().allocate_slice(len, element);
        let object = object.ok_or(OutOfMemory(()))?;
        // SAFETY: just made of elements in the heap of this section.
        Ok(unsafe { Gc::new(object) })
    }

    /// Copies a string into the heap.
    ///
    /// # Panics
    ///
    /// When the heap is full.
    pub fn alloc_str(&self, text: &str) -> Gc<'gc, str> {
        let Some(object) = self.core().allocate_bytes(text.as_bytes()) else {
            full()
        };
        // SAFETY: the bytes are those of a string.
        unsafe { Gc::new(object) }
    }

    /// Moves a value to where the collector never moves it from.
    ///
    /// # Panics
    ///
    /// When the heap is full.
    pub fn alloc_pinned<T: Trace + 'gc>(&self, value: T) -> Pinned<'gc, T> {
        const { accept::<T>() }
        match self.core().allocate_old(value) {
            // SAFETY: just made from a `T` in the heap of this section.
            Ok(object) => Pinned::new(unsafe { Gc::new(object) }),
            Err(_) => full(),
        }
    }

    /// Makes a pointer that does not keep its target alive.
    ///
    /// # Panics
    ///
    /// When the heap is full.
    pub fn downgrade<T: ?Sized>(&self, target: Gc<'gc, T>) -> Weak<'gc, T> {
        Weak::new(self, target)
    }

    /// Keeps a value alive until the handle is dropped, across sections.
    ///
    /// The value is a pointer, or an enum of pointers and numbers: two words at most, and
    /// `Copy`. For more, allocate a value that has it, and root that.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_gc::{Gc, Heap, HeapOptions, Rootable};
    ///
    /// # fn main() -> Result<(), synodic_gc::HeapError> {
    /// let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ())?;
    /// let name = heap.mutate(|mc, ()| mc.root::<Rootable![Gc<'_, str>]>(mc.alloc_str("kept")));
    /// heap.gc(synodic_gc::GcKind::Full);
    /// heap.view(|view, ()| assert_eq!(&*name.get(view), "kept"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn root<P: Rootable>(&self, value: P::Root<'gc>) -> Root<P>
    where
        P::Root<'gc>: Copy,
    {
        Root::new(self, value)
    }

    /// Whether a collection is due: a program that stays in one section for long leaves it then.
    ///
    /// It costs the load of a byte. While it is ignored the nursery grows beyond its size.
    #[inline]
    pub fn gc_pending(&self) -> bool {
        self.core().pending() != Pending::Nothing
    }

    /// Tells the heap that its objects keep `delta` bytes more (or fewer) alive elsewhere, which
    /// then count when a full collection is due.
    #[doc(alias = "AdjustAmountOfExternalAllocatedMemory")]
    pub fn adjust_external(&self, delta: isize) {
        self.core().adjust_external(delta);
    }
}

/// Refuses, at compile time, what the heap cannot hold.
const fn accept<T: Trace>() {
    assert!(
        !T::CELLS_OFF_HEAP,
        "this type keeps a GcCell or GcRefCell in a Vec, Box or map: the collector would not see \
         changes there; use a GcRefCell around the container, or a Gc to each cell"
    );
    assert!(
        align_of::<T>() <= OBJECT_ALIGN,
        "values in the heap are aligned to 8 bytes at most: put this one into a Box"
    );
}

#[cold]
#[inline(never)]
fn full() -> ! {
    panic!("the garbage-collected heap is full")
}

impl<'gc> Deref for Mutation<'gc> {
    type Target = View<'gc>;

    #[inline]
    fn deref(&self) -> &View<'gc> {
        &self.view
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

impl fmt::Debug for Mutation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutation").finish_non_exhaustive()
    }
}
