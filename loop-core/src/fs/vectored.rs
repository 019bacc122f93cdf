//! Reading into and writing from several buffers at once.

use synodic_buffers::{IoBuf, IoBufMut};

use super::File;
use crate::io::{BufResult, Op, POSITION, ops};

/// The kernel takes 1,024 buffers at once; what is more is left alone.
impl File {
    /// Reads at `offset` into the buffers, in order, each up to its capacity. Fewer bytes than
    /// that are read near the end of the file, and none at it.
    ///
    /// # Errors
    ///
    /// What the system says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation drops the buffers, once the kernel has let go of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_loop::{EventLoop, fs::File};
    ///
    /// EventLoop::new()?.block_on(async {
    ///     let file = File::open("Cargo.toml").await?;
    ///     let buffers = vec![Vec::with_capacity(1), Vec::with_capacity(7)];
    ///     let (result, buffers) = file.read_vectored_at(buffers, 0).await;
    ///     assert_eq!(result?, 8);
    ///     assert_eq!(buffers, [b"[".to_vec(), b"package".to_vec()]);
    ///     file.close().await
    /// })??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "readv")]
    pub fn read_vectored_at<B: IoBufMut>(
        &self,
        buffers: Vec<B>,
        offset: u64,
    ) -> Op<BufResult<usize, Vec<B>>> {
        let offset = super::file::checked(offset);
        let read = ops::ReadVectoredAt::new(self.fd.clone(), buffers, offset);
        self.io.submit(read)
    }

    /// Writes the buffers at `offset`, in order, and returns how much was written.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`StorageFull`](std::io::ErrorKind::StorageFull).
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open how much was written.
    #[doc(alias = "writev")]
    pub fn write_vectored_at<B: IoBuf>(
        &self,
        buffers: Vec<B>,
        offset: u64,
    ) -> Op<BufResult<usize, Vec<B>>> {
        let offset = super::file::checked(offset);
        let write = ops::WriteVectoredAt::new(self.fd.clone(), buffers, offset);
        self.io.submit(write)
    }

    /// As [`read_vectored_at`](Self::read_vectored_at), at the file's position, which it moves on.
    ///
    /// # Errors
    ///
    /// What the system says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open whether the position has moved.
    pub async fn read_vectored<B: IoBufMut>(
        &mut self,
        buffers: Vec<B>,
    ) -> BufResult<usize, Vec<B>> {
        let read = ops::ReadVectoredAt::new(self.fd.clone(), buffers, POSITION);
        self.io.submit(read).await
    }

    /// As [`write_vectored_at`](Self::write_vectored_at), at the file's position, which it moves
    /// on.
    ///
    /// # Errors
    ///
    /// What the system says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open how much was written.
    pub async fn write_vectored<B: IoBuf>(&mut self, buffers: Vec<B>) -> BufResult<usize, Vec<B>> {
        let write = ops::WriteVectoredAt::new(self.fd.clone(), buffers, POSITION);
        self.io.submit(write).await
    }
}
