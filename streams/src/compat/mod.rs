//! To and from what other crates call a stream.
//!
//! | feature | from | to |
//! |---|---|---|
//! | `futures` | [`futures::from_stream`], [`futures::from_sink`] | [`futures::into_stream`] |
//! | `futures` | [`futures::from_reader`], [`futures::from_writer`] | |
//! | `tokio` | [`tokio::from_reader`], [`tokio::from_writer`] | [`tokio::into_reader`] |

#[cfg(feature = "futures")]
pub mod futures;
#[cfg(feature = "tokio")]
pub mod tokio;

#[cfg(any(feature = "futures", feature = "tokio"))]
mod written;
