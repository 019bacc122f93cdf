//! A shared, immutable range of bytes.

use std::{
    ptr::{self, NonNull},
    slice,
};

use super::header::Header;

/// Some bytes, and a reference to the allocation they are in.
///
/// The bytes are initialized and not written while any view of the allocation exists.
pub(crate) struct View {
    data: NonNull<u8>,
    len: usize,
    /// Static bytes have no header.
    header: Option<NonNull<Header>>,
}

// SAFETY: the bytes are not written while views exist, the count of references is atomic, and what
// an allocation owns (a home, or an owner of `from_owner`) may be dropped by any thread.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}

impl View {
    /// A view of static bytes.
    #[inline]
    pub(crate) const fn from_static(bytes: &'static [u8]) -> Self {
        Self {
            data: NonNull::from_ref(bytes).cast(),
            len: bytes.len(),
            header: None,
        }
    }

    /// A view of what `owner` lends; `owner` is dropped with the last view.
    pub(crate) fn from_owner<T: AsRef<[u8]> + Send + 'static>(owner: T) -> Self {
        let header = Header::new(release_owned::<T>, 0);
        let owned = NonNull::from(Box::leak(Box::new(Owned { header, owner })));
        // SAFETY: `owned` is alive, has one reference, which goes to the view, and begins with its
        // header. An empty view may begin anywhere.
        let mut view = unsafe { Self::new(NonNull::dangling(), 0, owned.cast()) };
        // SAFETY: the view keeps it alive, and nothing refers to it mutably.
        let bytes = unsafe { &owned.as_ref().owner }.as_ref();
        view.data = NonNull::from_ref(bytes).cast();
        view.len = bytes.len();
        view
    }

    /// A view of `len` bytes from `data` on.
    ///
    /// # Safety
    ///
    /// The caller gives a reference of the live `header` to the view. Its allocation has these
    /// bytes, initialized, and nobody writes them before the last reference is gone.
    #[inline]
    pub(super) unsafe fn new(data: NonNull<u8>, len: usize, header: NonNull<Header>) -> Self {
        Self {
            data,
            len,
            header: Some(header),
        }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        if cfg!(synodic_loom)
            && let Some(header) = self.header()
        {
            header.note_read();
        }
        // SAFETY: by the invariant of the type.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    /// Narrows the view to `len` bytes from `start` on.
    ///
    /// # Panics
    ///
    /// When the view is shorter.
    #[inline]
    pub(crate) fn narrow(&mut self, start: usize, len: usize) {
        let rest = self
            .len
            .checked_sub(start)
            .expect("the start lies within the view");
        assert!(len <= rest, "the end lies within the view");
        // SAFETY: `start` is not beyond the end of the bytes.
        self.data = unsafe { self.data.add(start) };
        self.len = len;
    }

    /// Whether no other view refers to the allocation. Static bytes are nobody's.
    #[inline]
    pub(crate) fn is_unique(&self) -> bool {
        self.header().is_some_and(Header::is_unique)
    }

    /// The address of the allocation, and how many bytes it has, or 0 where they are elsewhere.
    pub(crate) fn backing(&self) -> Option<(usize, usize)> {
        let header = self.header()?;
        Some((ptr::from_ref(header).addr(), header.capacity()))
    }

    /// Turns the view into static bytes, when they are.
    pub(crate) fn as_static(&self) -> Option<&'static [u8]> {
        if self.header.is_some() {
            return None;
        }
        // SAFETY: a view without a header comes from `from_static`.
        Some(unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) })
    }

    #[inline]
    fn header(&self) -> Option<&Header> {
        // SAFETY: the view's reference keeps its header alive.
        self.header.map(|header| unsafe { header.as_ref() })
    }
}

impl Clone for View {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(header) = self.header() {
            header.retain();
        }
        Self {
            data: self.data,
            len: self.len,
            header: self.header,
        }
    }
}

impl Drop for View {
    #[inline]
    fn drop(&mut self) {
        if let Some(header) = self.header {
            // SAFETY: the view gives up its reference and is not used again.
            unsafe { Header::release(header) };
        }
    }
}

/// Somebody else's bytes behind a header.
#[repr(C)]
struct Owned<T> {
    header: Header,
    owner: T,
}

/// Drops an `Owned<T>`.
///
/// # Safety
///
/// `header` is that of a live `Owned<T>` that nobody refers to any more.
unsafe fn release_owned<T>(header: NonNull<Header>) {
    // SAFETY: `from_owner` leaked the box, and this runs once.
    let owned = unsafe { Box::from_raw(header.cast::<Owned<T>>().as_ptr()) };
    owned.header.note_reuse();
}
