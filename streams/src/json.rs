//! A value a line.

use std::{fmt, marker::PhantomData};

use serde::{Serialize, de::DeserializeOwned};
use synodic_buffers::Buffer;

use crate::{Compose, Emit, Error, Lines, Options, Result, Transform, compose};

/// Bytes to values: one of JSON on each line. Blank lines are passed over.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Buffer;
/// use synodic_streams::{JsonLines, Source, from_iter};
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// let chunks = ["[1, 2]\n\n[", "3]"].map(|text| Buffer::from(text));
/// let values = from_iter(chunks).through(JsonLines::<Vec<u32>>::new());
/// assert_eq!(block_on(values.to_vec()).unwrap(), [vec![1, 2], vec![3]]);
/// ```
pub struct JsonLines<T> {
    inner: Compose<Lines, Parse<T>>,
}

impl<T: DeserializeOwned> JsonLines<T> {
    /// Lines of up to 1 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Lines::new())
    }

    /// Values on lines that are cut as `lines` cuts them.
    #[must_use]
    pub fn of(lines: Lines) -> Self {
        Self {
            inner: compose(lines, Parse(PhantomData)),
        }
    }
}

impl<T: DeserializeOwned> Default for JsonLines<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: DeserializeOwned> Transform for JsonLines<T> {
    type In = Buffer;
    type Out = T;

    fn transform(&mut self, chunk: Buffer, out: &mut Emit<'_, T>) -> Result<()> {
        self.inner.transform(chunk, out)
    }

    fn more(&mut self, out: &mut Emit<'_, T>) -> Result<()> {
        self.inner.more(out)
    }

    fn flush(&mut self, out: &mut Emit<'_, T>) -> Result<()> {
        self.inner.flush(out)
    }
}

impl<T> fmt::Debug for JsonLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").finish_non_exhaustive()
    }
}

struct Parse<T>(PhantomData<fn() -> T>);

impl<T: DeserializeOwned> Transform for Parse<T> {
    type In = Buffer;
    type Out = T;

    fn transform(&mut self, line: Buffer, out: &mut Emit<'_, T>) -> Result<()> {
        if !line.trim_ascii().is_empty() {
            out.push(serde_json::from_slice(&line).map_err(Error::other)?);
        }
        Ok(())
    }
}

/// Values to bytes: one of JSON on each line.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Source, ToJsonLines, from_iter};
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// let lines = block_on(from_iter([(1, "a")]).through(ToJsonLines::new()).to_vec()).unwrap();
/// assert_eq!(lines, ["[1,\"a\"]\n"]);
/// ```
pub struct ToJsonLines<T>(PhantomData<fn(T)>);

impl<T: Serialize> ToJsonLines<T> {
    /// One value a line, without spaces.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Serialize> Default for ToJsonLines<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Serialize> Transform for ToJsonLines<T> {
    type In = T;
    type Out = Buffer;

    fn transform(&mut self, value: T, out: &mut Emit<'_, Buffer>) -> Result<()> {
        let mut line = serde_json::to_vec(&value).map_err(Error::other)?;
        line.push(b'\n');
        out.push(line.into());
        Ok(())
    }

    fn options(&self) -> Options<Buffer> {
        Options::bytes(crate::BYTES_DEFAULT)
    }
}

impl<T> fmt::Debug for ToJsonLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToJsonLines").finish_non_exhaustive()
    }
}
