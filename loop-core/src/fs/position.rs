//! Reading and writing at a file's own position.

use std::io;
use std::io::SeekFrom;

use synodic_buffers::{IoBuf, IoBufMut};

use super::File;
use crate::io::{BufResult, POSITION, ops};

/// At the file's own position, which it shares with its clones. Each of these takes the file for
/// itself, so that two of them never race for the position.
impl File {
    /// Reads at the file's position and moves it on: from the buffer's beginning up to its
    /// capacity. Zero is the end of the file. Pipes and devices have no position and are read too.
    ///
    /// # Errors
    ///
    /// What the system says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open whether the position has moved.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::SeekFrom;
    /// use synodic_loop::{EventLoop, fs::File};
    ///
    /// EventLoop::new()?.block_on(async {
    ///     let mut file = File::open("Cargo.toml").await?;
    ///     file.seek(SeekFrom::Start(1)).await?;
    ///     let (result, bytes) = file.read(Vec::with_capacity(7)).await;
    ///     result?;
    ///     assert_eq!(bytes, b"package");
    ///     assert_eq!(file.seek(SeekFrom::Current(0)).await?, 8);
    ///     file.close().await
    /// })??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn read<B: IoBufMut>(&mut self, buffer: B) -> BufResult<usize, B> {
        let read = ops::ReadAt {
            fd: self.fd.clone(),
            buffer,
            offset: POSITION,
        };
        self.io.submit(read).await
    }

    /// Writes at the file's position and moves it on; at the end of a file that was opened for
    /// [appending](super::OpenOptions::append). How much was written.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`StorageFull`](io::ErrorKind::StorageFull).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open how much was written.
    pub async fn write<B: IoBuf>(&mut self, buffer: B) -> BufResult<usize, B> {
        let write = ops::WriteAt {
            fd: self.fd.clone(),
            buffer,
            offset: POSITION,
        };
        self.io.submit(write).await
    }

    /// Writes the whole buffer at the file's position, as [`write`](Self::write) does.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write); how much was written before is then unknown.
    ///
    /// # Cancel safety
    ///
    /// As for [`write`](Self::write).
    pub async fn write_all<B: IoBuf>(&mut self, mut buffer: B) -> BufResult<(), B> {
        let len = buffer.init_len();
        let mut done = 0;
        while done < len {
            let (result, slice) = self.write(buffer.slice(done..len)).await;
            buffer = slice.into_inner();
            match result {
                Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), buffer),
                Ok(count) => done += count,
                Err(error) => return (Err(error), buffer),
            }
        }
        (Ok(()), buffer)
    }

    /// Moves the file's position, on a blocking thread, and says where it is.
    ///
    /// # Errors
    ///
    /// What the system says: [`InvalidInput`](io::ErrorKind::InvalidInput) for a position before
    /// the beginning, [`NotSeekable`](io::ErrorKind::NotSeekable) for a pipe.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open whether the position has moved.
    pub async fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let position = match position {
            SeekFrom::Start(offset) => rustix::fs::SeekFrom::Start(offset),
            SeekFrom::Current(offset) => rustix::fs::SeekFrom::Current(offset),
            SeekFrom::End(offset) => rustix::fs::SeekFrom::End(offset),
        };
        // The position belongs to the open file, which a duplicate shares.
        self.on_thread(move |fd| Ok(rustix::fs::seek(fd, position)?))
            .await
    }
}
