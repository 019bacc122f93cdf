//! Many buffers taken for one.

use std::{fmt, ops::Range};

use synodic_sync::Arc;

use crate::{Buffer, BufferMut, Encoding};

/// U+FEFF in UTF-8: what says how a text is encoded is no part of the text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Immutable bytes in parts, none of which was copied to be put together.
///
/// A clone costs a reference count, a slice one for each part that it has.
///
/// # Node
///
/// Node reads a blob in promises, because its parts may be files. Here all parts are in memory.
///
/// # Examples
///
/// ```
/// use synodic_buffers::{Blob, Buffer};
///
/// let blob = Blob::new([Buffer::from("hello "), Buffer::from("world")]);
/// assert_eq!(blob.len(), 11);
/// assert_eq!(blob.slice(4, -2).text(), "o wor");
/// ```
#[derive(Clone, Default)]
pub struct Blob {
    /// None of them is empty.
    parts: Arc<Vec<Buffer>>,
    len: usize,
    content_type: Arc<String>,
}

impl Blob {
    /// A blob of `parts`, one after the other.
    ///
    /// # Panics
    ///
    /// When the length exceeds the address space.
    pub fn new<B: Into<Buffer>>(parts: impl IntoIterator<Item = B>) -> Self {
        let parts: Vec<_> = parts
            .into_iter()
            .map(Into::into)
            .filter(|part| !part.is_empty())
            .collect();
        let len = parts
            .iter()
            .try_fold(0, |len: usize, part| len.checked_add(part.len()))
            .expect("a blob does not exceed the address space");
        Self {
            parts: Arc::new(parts),
            len,
            content_type: Arc::default(),
        }
    }

    /// Sets the media type, in lower case. One that has more than printable ASCII is taken for none,
    /// as the File API says.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Blob;
    ///
    /// assert_eq!(Blob::default().with_type("Text/Plain").content_type(), "text/plain");
    /// ```
    #[must_use]
    pub fn with_type(mut self, content_type: &str) -> Self {
        let is_printable = content_type
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte));
        let content_type = if is_printable { content_type } else { "" };
        self.content_type = Arc::new(content_type.to_ascii_lowercase());
        self
    }

    /// How many bytes there are.
    #[doc(alias = "size")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The media type; empty when none was set.
    #[doc(alias = "type")]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The parts, none of which is empty.
    #[doc(alias = "stream")]
    pub fn parts(&self) -> &[Buffer] {
        &self.parts
    }

    /// The bytes from `start` to `end`, which share the memory. Negative offsets count from the end,
    /// and what lies outside is left out.
    ///
    /// The part has no media type.
    pub fn slice(&self, start: isize, end: isize) -> Self {
        let wanted = clamp(self.len, start, end);
        let mut begin = 0;
        let parts = self.parts.iter().filter_map(|part| {
            let (low, high) = (begin, begin + part.len());
            begin = high;
            let (from, to) = (wanted.start.max(low), wanted.end.min(high));
            (from < to).then(|| part.slice(from - low..to - low))
        });
        Self::new(parts.collect::<Vec<_>>())
    }

    /// All bytes in one buffer: a copy, unless there is one part only.
    #[doc(alias = "arrayBuffer")]
    pub fn to_buffer(&self) -> Buffer {
        if let [part] = self.parts() {
            return part.clone();
        }
        let mut all = BufferMut::with_capacity(self.len);
        for part in self.parts() {
            all.put(part);
        }
        all.freeze()
    }

    /// The bytes as UTF-8, without a byte order mark before them; what is malformed is replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// let blob = synodic_buffers::Blob::new(["\u{feff}hello"]);
    /// assert_eq!((blob.len(), blob.text()), (8, "hello".to_owned()));
    /// ```
    pub fn text(&self) -> String {
        let bytes = self.to_buffer();
        Encoding::Utf8.decode(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes))
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob")
            .field("len", &self.len)
            .field("content_type", &self.content_type())
            .field("parts", &self.parts.len())
            .finish()
    }
}

/// The offsets that `start` and `end` mean in something of `len` bytes: negative ones count from the
/// end, and what lies outside is left out.
pub(crate) fn clamp(len: usize, start: isize, end: isize) -> Range<usize> {
    let resolve = |offset: isize| match usize::try_from(offset) {
        Ok(offset) => offset.min(len),
        Err(_) => len.saturating_sub(offset.unsigned_abs()),
    };
    let start = resolve(start);
    start..resolve(end).max(start)
}
