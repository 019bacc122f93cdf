//! What Node's buffers do, for whatever dereferences to bytes.

use std::{cmp::Ordering, hint::black_box, ops::Range};

use crate::{
    Encoding, Error, Text,
    error::at_most,
    numbers::{check_range, sealed, swap},
    search,
};

/// Searching, comparing, filling and copying, as Node's buffers do.
///
/// For `Buffer`, `BufferMut`, `Vec<u8>` and whatever else dereferences to `[u8]`.
///
/// # Examples
///
/// ```
/// use synodic_buffers::{Buffer, BytesExt};
///
/// let head = Buffer::from("Host: example.org\r\n");
/// let colon = head.index_of(b":", 0).unwrap();
/// let end = head.last_index_of(b"\r\n", isize::MAX).unwrap();
/// assert_eq!(head.slice(colon + 2..end), "example.org");
/// ```
pub trait BytesExt: sealed::Bytes {
    /// The first place of `needle` at the offset `from` or after it.
    ///
    /// A negative offset counts from the end. An empty needle is found where the search begins.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::BytesExt;
    ///
    /// assert_eq!(b"abcabc".index_of(b"c", 3), Some(5));
    /// assert_eq!(b"abcabc".index_of(b"b", -2), Some(4));
    /// assert_eq!(b"abcabc".index_of(b"bc", 5), None);
    /// ```
    #[doc(alias = "indexOf")]
    fn index_of(&self, needle: &[u8], from: isize) -> Option<usize> {
        search::index_of(self.bytes(), needle, from)
    }

    /// The last place of `needle` at the offset `from` or before it.
    ///
    /// A negative offset counts from the end; `isize::MAX` searches everything. An empty needle is found
    /// where the search begins.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::BytesExt;
    ///
    /// assert_eq!(b"abcabc".last_index_of(b"c", isize::MAX), Some(5));
    /// assert_eq!(b"abcabc".last_index_of(b"c", -2), Some(2));
    /// ```
    #[doc(alias = "lastIndexOf")]
    fn last_index_of(&self, needle: &[u8], from: isize) -> Option<usize> {
        search::last_index_of(self.bytes(), needle, from)
    }

    /// Whether `needle` is there, at the offset `from` or after it.
    fn includes(&self, needle: &[u8], from: isize) -> bool {
        self.index_of(needle, from).is_some()
    }

    /// The first place of a text at the offset `from` or after it.
    ///
    /// In [`Encoding::Utf16Le`] the text is found at even offsets only: units are not cut.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::{BytesExt, Encoding};
    ///
    /// let text = Encoding::Utf16Le.encode("\u{6100}a");
    /// assert_eq!(text.index_of(b"a", 0), Some(1));
    /// assert_eq!(text.index_of_text("a", Encoding::Utf16Le, 0), Some(2));
    /// ```
    fn index_of_text<'a>(
        &self,
        text: impl Into<Text<'a>>,
        encoding: Encoding,
        from: isize,
    ) -> Option<usize> {
        search_text(self.bytes(), text.into(), encoding, from, true)
    }

    /// The last place of a text at the offset `from` or before it, as with
    /// [`index_of_text`](Self::index_of_text).
    fn last_index_of_text<'a>(
        &self,
        text: impl Into<Text<'a>>,
        encoding: Encoding,
        from: isize,
    ) -> Option<usize> {
        search_text(self.bytes(), text.into(), encoding, from, false)
    }

    /// How a range of these bytes and a range of `target` are ordered.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] when a range ends behind its bytes.
    ///
    /// # Node
    ///
    /// Node's method has the ranges as optional numbers, those of `target` first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use synodic_buffers::BytesExt;
    ///
    /// assert_eq!(b"xab".compare_range(1..3, b"ab", 0..2), Ok(Ordering::Equal));
    /// assert!(b"xab".compare_range(1..4, b"ab", 0..2).is_err());
    /// ```
    fn compare_range(
        &self,
        range: Range<usize>,
        target: &[u8],
        target_range: Range<usize>,
    ) -> Result<Ordering, Error> {
        let (source, len) = (self.bytes(), target.len());
        let theirs = check_range(
            ("target start", target_range.start),
            ("target end", target_range.end),
            len,
        )?;
        let ours = check_range(
            ("source start", range.start),
            ("source end", range.end),
            source.len(),
        )?;
        Ok(source[ours].cmp(&target[theirs]))
    }

    /// Whether both are the same, in a time that depends on their length alone.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`] when the lengths differ, which takes no time at all.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::BytesExt;
    ///
    /// assert_eq!(b"secret".timing_safe_equal(b"secret"), Ok(true));
    /// assert!(b"secret".timing_safe_equal(b"short").is_err());
    /// ```
    #[doc(alias = "timingSafeEqual")]
    fn timing_safe_equal(&self, other: &[u8]) -> Result<bool, Error> {
        let bytes = self.bytes();
        let (left, right) = (bytes.len(), other.len());
        if left != right {
            return Err(Error::LengthMismatch { left, right });
        }
        let pairs = bytes.iter().zip(other);
        let difference = pairs.fold(0, |difference, (a, b)| difference | (a ^ b));
        // The compiler must not learn that the rest does not matter once a difference was found.
        Ok(black_box(difference) == 0)
    }

    /// Whether the bytes are well-formed UTF-8.
    #[doc(alias = "isUtf8")]
    fn is_utf8(&self) -> bool {
        str::from_utf8(self.bytes()).is_ok()
    }

    /// The text that a part of the bytes stands for.
    ///
    /// What lies outside is left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::{BytesExt, Encoding};
    ///
    /// assert_eq!(b"hello".text(Encoding::Utf8, 1..3), "el");
    /// assert_eq!(b"hello".text(Encoding::Hex, 3..99), "6c6f");
    /// ```
    #[doc(alias = "toString")]
    fn text(&self, encoding: Encoding, range: Range<usize>) -> String {
        encoding.decode(clamped(self.bytes(), range))
    }

    /// Fills a range with `pattern`, again and again. An empty range stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] when the range ends behind the bytes, [`Error::EmptyPattern`] when
    /// there is nothing to fill with.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::BytesExt;
    ///
    /// let mut bytes = [0; 5];
    /// bytes.fill_with_pattern(b"ab", 1..5)?;
    /// assert_eq!(bytes, *b"\0abab");
    /// # Ok::<(), synodic_buffers::Error>(())
    /// ```
    #[doc(alias = "fill")]
    fn fill_with_pattern(&mut self, pattern: &[u8], range: Range<usize>) -> Result<(), Error> {
        let len = self.bytes().len();
        let range = check_range(("start", range.start), ("end", range.end), len)?;
        if range.is_empty() {
            return Ok(());
        }
        let place = &mut self.bytes_mut()[range];
        match *pattern {
            [] => return Err(Error::EmptyPattern { len: place.len() }),
            [byte] => place.fill(byte),
            _ => repeat(place, pattern),
        }
        Ok(())
    }

    /// Writes as many whole characters of a text as fit `room`, and returns how many bytes they are.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] when the room begins behind the bytes, or is larger than all of them. It
    /// may end behind them.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::{BytesExt, Encoding};
    ///
    /// let mut bytes = *b"......";
    /// assert_eq!(bytes.write_text("héé", Encoding::Utf8, 1..5), Ok(3));
    /// assert_eq!(bytes, *b".h\xc3\xa9..");
    /// ```
    fn write_text<'a>(
        &mut self,
        text: impl Into<Text<'a>>,
        encoding: Encoding,
        room: Range<usize>,
    ) -> Result<usize, Error> {
        let len = self.bytes().len();
        at_most("offset", room.start, len)?;
        at_most("length", room.len(), len)?;
        let end = room.end.clamp(room.start, len);
        Ok(encoding.encode_into(text, &mut self.bytes_mut()[room.start..end]))
    }

    /// Copies a range to `target`, as far as there is room, and returns how many bytes.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] when the range begins behind the bytes. It may end behind them.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::BytesExt;
    ///
    /// let mut target = *b"....";
    /// assert_eq!(b"hello".copy_to(1..99, &mut target, 1), Ok(3));
    /// assert_eq!(target, *b".ell");
    /// ```
    fn copy_to(
        &self,
        range: Range<usize>,
        target: &mut [u8],
        target_start: usize,
    ) -> Result<usize, Error> {
        let source = self.bytes();
        at_most("source start", range.start, source.len())?;
        let Some(target) = target.get_mut(target_start..) else {
            return Ok(0);
        };
        let source = clamped(source, range);
        let len = source.len().min(target.len());
        target[..len].copy_from_slice(&source[..len]);
        Ok(len)
    }

    /// Copies a range to another place in the same bytes, as far as there is room, and returns how
    /// many bytes. The two may overlap.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] when the range begins behind the bytes. It may end behind them.
    fn copy_inside(&mut self, range: Range<usize>, target_start: usize) -> Result<usize, Error> {
        let bytes = self.bytes_mut();
        at_most("source start", range.start, bytes.len())?;
        let Some(room) = bytes.len().checked_sub(target_start) else {
            return Ok(0);
        };
        let len = range
            .end
            .min(bytes.len())
            .saturating_sub(range.start)
            .min(room);
        bytes.copy_within(range.start..range.start + len, target_start);
        Ok(len)
    }

    /// Swaps the bytes of each unit of two.
    ///
    /// # Errors
    ///
    /// [`Error::BadSwapLen`] when the length is no multiple of two.
    fn swap16(&mut self) -> Result<(), Error> {
        swap::<2>(self.bytes_mut())
    }

    /// Swaps the bytes of each unit of four.
    ///
    /// # Errors
    ///
    /// [`Error::BadSwapLen`] when the length is no multiple of four.
    fn swap32(&mut self) -> Result<(), Error> {
        swap::<4>(self.bytes_mut())
    }

    /// Swaps the bytes of each unit of eight.
    ///
    /// # Errors
    ///
    /// [`Error::BadSwapLen`] when the length is no multiple of eight.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::BytesExt;
    ///
    /// let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
    /// bytes.swap64()?;
    /// assert_eq!(bytes, [8, 7, 6, 5, 4, 3, 2, 1]);
    /// # Ok::<(), synodic_buffers::Error>(())
    /// ```
    fn swap64(&mut self) -> Result<(), Error> {
        swap::<8>(self.bytes_mut())
    }
}

impl BytesExt for [u8] {}

/// The part of `range` that is there.
fn clamped(bytes: &[u8], range: Range<usize>) -> &[u8] {
    let end = range.end.min(bytes.len());
    &bytes[range.start.min(end)..end]
}

fn search_text(
    hay: &[u8],
    text: Text<'_>,
    encoding: Encoding,
    from: isize,
    is_forward: bool,
) -> Option<usize> {
    match (encoding, text, is_forward) {
        (Encoding::Utf16Le, Text::Utf16(units), _) => {
            search::index_of_units(hay, units, from, is_forward)
        }
        (Encoding::Utf16Le, Text::Str(text), _) => {
            let units: Vec<u16> = text.encode_utf16().collect();
            search::index_of_units(hay, &units, from, is_forward)
        }
        (_, _, true) => search::index_of(hay, &encoding.encode(text), from),
        (_, _, false) => search::last_index_of(hay, &encoding.encode(text), from),
    }
}

/// Fills `place` with `pattern`: once, then with what is there already, twice as much each time.
fn repeat(place: &mut [u8], pattern: &[u8]) {
    let len = place.len();
    let mut done = pattern.len().min(len);
    place[..done].copy_from_slice(&pattern[..done]);
    while done < len {
        let count = done.min(len - done);
        place.copy_within(..count, done);
        done += count;
    }
}
