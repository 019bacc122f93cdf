//! What has been written of a batch.

use std::io::{self, ErrorKind, IoSlice};

use synodic_buffers::Buffer;

use crate::{Batch, Result};

/// Chunks of one gathered write.
const SLICES_MAX: usize = 16;

/// Calls `write` with the first chunks of a batch.
pub(super) fn gather<T>(batch: &Batch<Buffer>, write: impl FnOnce(&[IoSlice<'_>]) -> T) -> T {
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    let mut count = 0;
    for (slice, chunk) in slices.iter_mut().zip(batch.iter()) {
        *slice = IoSlice::new(chunk);
        count += 1;
    }
    write(&slices[..count])
}

/// Takes what was written off the front of a batch.
pub(super) fn advance(batch: &mut Batch<Buffer>, mut written: usize) -> Result<()> {
    let is_nothing = written == 0 && batch.units() > 0;
    if is_nothing {
        return Err(io::Error::from(ErrorKind::WriteZero).into());
    }
    while let Some(mut chunk) = batch.pop() {
        if chunk.len() > written {
            chunk.advance(written);
            batch.unpop(chunk);
            break;
        }
        written -= chunk.len();
    }
    Ok(())
}
