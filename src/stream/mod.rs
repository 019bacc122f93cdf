//! Streams: everything of [`synodic-streams`](synodic_streams), and the ends of pipelines that the loop
//! has.
//!
//! [`read_from`] makes a source of a file, a connection or a pipe, and [`write_to`] a sink. With the
//! feature `http` a received body is a source by itself, a
//! `BodyWriter` a sink, and `Body::source` makes a body of a source.
//!
//! # Examples
//!
//! ```
//! use std::rc::Rc;
//! use synodic::net::{TcpListener, TcpStream};
//! use synodic::stream::{Result, pipeline, read_from, write_to};
//!
//! /// Sends back what comes.
//! async fn echo(stream: TcpStream) -> Result<u64> {
//!     let stream = Rc::new(stream);
//!     let totals = pipeline((read_from(stream.clone()), write_to(stream))).await?;
//!     Ok(totals.units)
//! }
//!
//! # let status = synodic::Runtime::new()?.run(async {
//! let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
//! let client = TcpStream::connect(listener.local_addr()?).await?;
//! let echoed = synodic::spawn_local(echo(listener.accept().await?));
//! client.write_all("hello").await.0?;
//! client.shutdown(std::net::Shutdown::Write).await?;
//! assert_eq!(echoed.await?, 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # });
//! # assert_eq!(status.code(), 0);
//! # Ok::<(), synodic::event_loop::BuildError>(())
//! ```

#[cfg(feature = "http")]
mod body;
mod read_from;
mod write_to;

pub use synodic_streams::*;

pub use self::read_from::{ReadBytes, ReadFrom, read_from};
pub use self::write_to::{WriteBytes, WriteTo, write_to};

/// Keeps the traits to the types of the loop: what they ask for is the loop's own.
mod sealed {
    use std::rc::Rc;

    use synodic_loop::fs::File;
    use synodic_loop::net::{TcpStream, UnixStream};
    use synodic_loop::pipe::{PipeReader, PipeWriter};

    pub trait Sealed {}

    impl Sealed for File {}
    impl Sealed for TcpStream {}
    impl Sealed for UnixStream {}
    impl Sealed for PipeReader {}
    impl Sealed for PipeWriter {}
    impl<T: Sealed> Sealed for Rc<T> {}
}
