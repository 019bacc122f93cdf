//! Making slices and strings.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::core::Core;
use super::large::{LARGE_BYTES_MIN, Run};
use super::object::{HEADER_BYTES, Info, OBJECT_ALIGN, Object, SLICE_HEADER_BYTES, slice_size};
use crate::trace::Trace;

impl Core {
    /// Makes a slice of `len` elements, in order. `None` when the heap is full.
    pub(crate) fn allocate_slice<T: Trace>(
        &self,
        len: usize,
        mut element: impl FnMut(usize) -> T,
    ) -> Option<Object> {
        debug_assert!(align_of::<T>() <= OBJECT_ALIGN);
        let mut filling = Filling::begin(self, len)?;
        for index in 0..len {
            filling.push(element(index));
        }
        Some(filling.finish())
    }

    /// Copies bytes. `None` when the heap is full.
    pub(crate) fn allocate_bytes(&self, bytes: &[u8]) -> Option<Object> {
        let mut filling = Filling::<u8>::begin(self, bytes.len())?;
        // SAFETY: the room was just taken for as many bytes.
        unsafe {
            filling
                .first()
                .copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len());
        };
        filling.len = bytes.len();
        Some(filling.finish())
    }
}

/// A slice that is being filled. When the next element cannot be made, those that are there are
/// dropped; room in the nursery is free again after the next collection.
struct Filling<'a, T: Trace> {
    core: &'a Core,
    start: NonNull<u8>,
    large: Option<Run>,
    len: usize,
    element: PhantomData<T>,
}

impl<'a, T: Trace> Filling<'a, T> {
    fn begin(core: &'a Core, len: usize) -> Option<Self> {
        let bytes = slice_size(Info::<T>::ELEMENT_BYTES, len)?;
        let large = if bytes > LARGE_BYTES_MIN {
            Some(core.take_large(bytes)?)
        } else {
            None
        };
        let start = match large {
            Some(run) => run.start(&core.cage),
            None => core.take(bytes)?,
        };
        Some(Self {
            core,
            start,
            large,
            len: 0,
            element: PhantomData,
        })
    }

    #[inline]
    fn push(&mut self, element: T) {
        // SAFETY: the room was taken for more elements than are there.
        let place = unsafe { self.first().add(self.len) };
        // SAFETY: nobody else uses the place, which is aligned for elements.
        unsafe { place.write(element) };
        self.len += 1;
    }

    /// All elements were written.
    fn finish(self) -> Object {
        let this = ManuallyDrop::new(self);
        let info = Info::<T>::SLICE;
        // SAFETY: the room was taken for this object, whose elements are there already.
        let object = unsafe { Object::create(this.start, info) };
        // SAFETY: the length stands behind the header.
        let len = unsafe { this.start.add(HEADER_BYTES) };
        // SAFETY: it is aligned as the header is.
        unsafe { len.cast::<usize>().write(this.len) };
        match this.large {
            Some(run) => this.core.keep_large(run, object),
            None if info.drop.is_some() => this.core.young_drops.borrow_mut().push(object),
            None => {}
        }
        object
    }

    #[inline]
    fn first(&self) -> NonNull<T> {
        // SAFETY: the room is as large as a slice's header at least.
        unsafe { self.start.add(SLICE_HEADER_BYTES) }.cast()
    }
}

impl<T: Trace> Drop for Filling<'_, T> {
    fn drop(&mut self) {
        let elements = NonNull::slice_from_raw_parts(self.first(), self.len);
        if let Some(run) = self.large.take() {
            self.core.unused.borrow_mut().push(run);
        }
        // SAFETY: these were written, and no object has them.
        unsafe { elements.drop_in_place() };
    }
}
