//! To and from what other crates call a stream.
//!
//! | feature | to here | from here |
//! |---|---|---|
//! | `futures` | `from_stream`, `from_sink` | `into_stream`, `into_sink` |
//! | `futures` | `from_reader`, `from_writer` | `into_reader`, `into_writer` |
//! | `tokio` | `from_reader`, `from_writer` | `into_reader`, `into_writer` |

#[cfg(feature = "futures")]
pub mod futures;
mod inbox;
mod outbox;
#[cfg(feature = "tokio")]
pub mod tokio;
mod written;
