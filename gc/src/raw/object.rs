//! What stands in front of every object, and what is known about its type.
//!
//! ```text
//! [ header ][ fields ... ]                a sized value
//! [ header ][ length ][ elements ... ]    a slice or a string
//! ```
//!
//! The header is a pointer to the type's [`TypeInfo`]. While a scavenge moves objects, the header
//! of one that was moved is the new address instead, with its lowest bit set.

use std::cell::Cell;
use std::ops::Range;
use std::ptr::NonNull;

use super::inspect::Inspector;
use super::mark::Marker;
use super::scavenge::Scavenger;
use crate::trace::{Trace, Visitor};

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = size_of::<Header>();

/// Bytes of the header and the length.
pub(super) const SLICE_HEADER_BYTES: usize = 16;

/// No object is smaller: every one has an address of its own that is in its block.
const OBJECT_BYTES_MIN: usize = 16;

/// Objects begin at multiples of it.
pub(crate) const OBJECT_ALIGN: usize = 8;

const FORWARDED: usize = 1;

/// The first word of an object.
#[derive(Debug)]
#[repr(C, align(8))]
pub(super) struct Header {
    word: Cell<*const TypeInfo>,
}

/// What the collector knows about a type.
#[derive(Debug)]
pub(super) struct TypeInfo {
    /// Bytes of an object with its header; for slices those before the elements.
    size: usize,
    /// Bytes of an element of a slice, 0 for a sized type.
    element: usize,
    /// Whether it can contain pointers.
    pub(super) has_pointers: bool,
    /// Shows what it points to; of a slice, the elements in the range.
    ///
    /// # Safety
    ///
    /// The object is of this type, and nobody has a mutable reference into it.
    pub(super) trace: unsafe fn(Object, Range<usize>, &mut Marker<'_>),
    /// The same for who only wants to know.
    ///
    /// # Safety
    ///
    /// As for `trace`.
    pub(super) inspect: unsafe fn(Object, &mut Inspector<'_>),
    /// Offers its pointers for change.
    ///
    /// # Safety
    ///
    /// The object is of this type, and nobody has a reference into it.
    pub(super) relocate: unsafe fn(Object, &mut Scavenger<'_>),
    /// Drops the value, when that does anything.
    ///
    /// # Safety
    ///
    /// The object is of this type, nobody has a reference into it, and it was not dropped.
    pub(super) drop: Option<unsafe fn(Object)>,
}

/// The address of an object.
///
/// The promise made by [`Object::new`], and kept by the collector, which forgets every address
/// before it frees the block: the header was written and the memory is still that of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Object(NonNull<Header>);

impl Object {
    /// Takes a pointer for that of an object.
    ///
    /// # Safety
    ///
    /// A header was written there, and the memory stays the object's while the value is used.
    #[inline]
    pub(super) unsafe fn new(start: NonNull<u8>) -> Self {
        Self(start.cast())
    }

    /// Writes the header of a new object.
    ///
    /// # Safety
    ///
    /// `start` is aligned to [`OBJECT_ALIGN`] and begins memory of the object's size that nobody
    /// else uses. The value is written before the collector sees the object.
    #[inline]
    pub(super) unsafe fn create(start: NonNull<u8>, info: &'static TypeInfo) -> Self {
        let header = Header {
            word: Cell::new(info),
        };
        // SAFETY: the caller's promise.
        unsafe { start.cast().write(header) };
        Self(start.cast())
    }

    #[inline]
    pub(crate) fn address(self) -> usize {
        self.0.addr().get()
    }

    #[inline]
    pub(super) fn start(self) -> NonNull<u8> {
        self.0.cast()
    }

    #[inline]
    pub(super) fn info(self) -> &'static TypeInfo {
        let info = self.word();
        debug_assert_eq!(info.addr() & FORWARDED, 0, "the object was not moved");
        // SAFETY: a header that forwards nothing is what `create` wrote.
        unsafe { &*info }
    }

    /// Where a scavenge moved the object to.
    #[inline]
    pub(super) fn forwarded(self) -> Option<Object> {
        let word = self.word();
        if word.addr() & FORWARDED == 0 {
            return None;
        }
        let target = word.map_addr(|address| address & !FORWARDED).cast_mut();
        NonNull::new(target.cast()).map(Self)
    }

    /// Says where the object is now.
    #[inline]
    pub(super) fn forward(self, target: Object) {
        let word = target.0.as_ptr().cast_const().cast::<TypeInfo>();
        // SAFETY: `Object` promises a header; `Cell` lets it be changed.
        let header = unsafe { self.0.as_ref() };
        header
            .word
            .set(word.map_addr(|address| address | FORWARDED));
    }

    /// Bytes of the object with its header, a multiple of [`OBJECT_ALIGN`].
    #[inline]
    pub(super) fn size(self) -> usize {
        let info = self.info();
        match info.element {
            0 => info.size,
            element => slice_size(element, self.len()).unwrap_or(usize::MAX),
        }
    }

    /// The value of a sized type.
    #[inline]
    pub(super) fn value<T>(self) -> NonNull<T> {
        // SAFETY: an object is larger than its header.
        unsafe { self.start().add(HEADER_BYTES) }.cast()
    }

    /// The elements of a slice.
    #[inline]
    pub(super) fn elements<T>(self) -> NonNull<[T]> {
        // SAFETY: a slice has a header and a length.
        let first = unsafe { self.start().add(SLICE_HEADER_BYTES) };
        NonNull::slice_from_raw_parts(first.cast(), self.len())
    }

    /// Elements of a slice, and 1 for a sized value.
    #[inline]
    pub(super) fn parts(self) -> usize {
        match self.info().element {
            0 => 1,
            _ => self.len(),
        }
    }

    #[inline]
    fn len(self) -> usize {
        // SAFETY: only asked of slices, whose length was written with the header.
        unsafe { self.value::<usize>().read() }
    }

    #[inline]
    fn word(self) -> *const TypeInfo {
        // SAFETY: `Object` promises a header.
        let header = unsafe { self.0.as_ref() };
        header.word.get()
    }
}

/// Bytes of a slice object; `None` when that overflows.
pub(super) fn slice_size(element: usize, len: usize) -> Option<usize> {
    let elements = element.checked_mul(len)?;
    let bytes = elements.checked_add(SLICE_HEADER_BYTES + OBJECT_ALIGN - 1)?;
    Some(bytes & !(OBJECT_ALIGN - 1))
}

/// Bytes of an object that holds a `T`.
pub(super) const fn sized_size<T>() -> usize {
    let bytes = (HEADER_BYTES + size_of::<T>()).next_multiple_of(OBJECT_ALIGN);
    if bytes < OBJECT_BYTES_MIN {
        OBJECT_BYTES_MIN
    } else {
        bytes
    }
}

/// The information about a type, made at compile time.
pub(super) struct Info<T>(T);

impl<T: Trace> Info<T> {
    /// For an object that is a `T`.
    pub(super) const SIZED: &'static TypeInfo = &TypeInfo {
        size: sized_size::<T>(),
        element: 0,
        has_pointers: T::NEEDS_TRACE,
        // SAFETY: the caller promises what the field says.
        trace: |object, _, visitor| unsafe { trace_value::<T, _>(object, visitor) },
        // SAFETY: the caller promises what the field says.
        inspect: |object, visitor| unsafe { trace_value::<T, _>(object, visitor) },
        relocate: relocate_value::<T>,
        drop: if std::mem::needs_drop::<T>() {
            Some(drop_value::<T>)
        } else {
            None
        },
    };

    /// For an object that is a `[T]`. Elements without a size are counted as bytes are, so that
    /// the length tells the size of every slice.
    pub(super) const SLICE: &'static TypeInfo = &TypeInfo {
        size: SLICE_HEADER_BYTES,
        element: Self::ELEMENT_BYTES,
        has_pointers: T::NEEDS_TRACE,
        // SAFETY: the caller promises what the field says.
        trace: |object, range, visitor| unsafe { trace_elements::<T, _>(object, range, visitor) },
        // SAFETY: the caller promises what the field says.
        inspect: |object, visitor| unsafe {
            trace_elements::<T, _>(object, 0..object.len(), visitor)
        },
        relocate: relocate_elements::<T>,
        drop: if std::mem::needs_drop::<T>() {
            Some(drop_elements::<T>)
        } else {
            None
        },
    };

    /// Bytes that an element takes.
    pub(super) const ELEMENT_BYTES: usize = if size_of::<T>() == 0 {
        1
    } else {
        size_of::<T>()
    };
}

unsafe fn trace_value<T: Trace, V: Visitor>(object: Object, visitor: &mut V) {
    // SAFETY: the caller's promise.
    let value = unsafe { object.value::<T>().as_ref() };
    value.trace(visitor);
}

unsafe fn trace_elements<T: Trace, V: Visitor>(
    object: Object,
    range: Range<usize>,
    visitor: &mut V,
) {
    // SAFETY: the caller's promise.
    let elements = unsafe { object.elements::<T>().as_ref() };
    for element in &elements[range] {
        element.trace(visitor);
    }
}

unsafe fn relocate_value<T: Trace>(object: Object, scavenger: &mut Scavenger<'_>) {
    // SAFETY: the caller's promise.
    let value = unsafe { object.value::<T>().as_mut() };
    value.relocate(scavenger);
}

unsafe fn relocate_elements<T: Trace>(object: Object, scavenger: &mut Scavenger<'_>) {
    // SAFETY: the caller's promise.
    let elements = unsafe { object.elements::<T>().as_mut() };
    for element in elements {
        element.relocate(scavenger);
    }
}

unsafe fn drop_value<T>(object: Object) {
    // SAFETY: the caller's promise.
    unsafe { object.value::<T>().drop_in_place() };
}

unsafe fn drop_elements<T>(object: Object) {
    // SAFETY: the caller's promise.
    unsafe { object.elements::<T>().drop_in_place() };
}
