//! A file that is read while it is sent.

use std::future::Future;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use synodic_loop::fs::File;
use synodic_loop::io::{BufResult, Op};

/// How much of a file is read at once.
const FILE_CHUNK_BYTES_MAX: u64 = 64 * 1024;

pub(super) struct FileBody {
    file: File,
    offset: u64,
    end: u64,
    read: Option<Op<BufResult<usize, Vec<u8>>>>,
}

impl FileBody {
    pub(super) fn new(file: File, range: Range<u64>) -> Self {
        Self {
            file,
            offset: range.start,
            end: range.end.max(range.start),
            read: None,
        }
    }

    pub(super) fn left(&self) -> u64 {
        self.end - self.offset
    }

    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let size = usize::try_from(self.left().min(FILE_CHUNK_BYTES_MAX)).unwrap_or(usize::MAX);
        let read = self
            .read
            .get_or_insert_with(|| self.file.read_at(Vec::with_capacity(size), self.offset));
        let (result, chunk) = ready!(Pin::new(read).poll(cx));
        self.read = None;
        Poll::Ready(Some(match result {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.offset += count as u64;
                Ok(chunk.into())
            }
            Err(error) => Err(error),
        }))
    }
}
