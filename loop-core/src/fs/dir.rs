//! What a folder holds.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_core::Stream;
use synodic_sync::Arc;

use super::walk::Walk;
use super::{FileType, path};
use crate::io::{self as event_io, Io, Op, ops};

/// Entries that one visit of a blocking thread brings.
const BATCH_LEN: usize = 256;

/// Lists a folder, in the order in which the file system has it, on a blocking thread of the
/// current loop. `.` and `..` are left out.
///
/// # Errors
///
/// What the system says, such as [`NotADirectory`](io::ErrorKind::NotADirectory).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Nothing is lost.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// let entries = EventLoop::new()?.block_on(fs::read_dir("src"))??;
/// assert!(entries.iter().any(|entry| entry.file_name() == "lib.rs"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "readdir")]
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
    list(path.as_ref(), false).await
}

/// As [`read_dir`], with what the folders in it hold, and so on. Symbolic links are not followed.
///
/// # Errors
///
/// What the system says to the first folder that cannot be listed, which the error names.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Nothing is lost.
pub async fn read_dir_recursive(path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
    list(path.as_ref(), true).await
}

async fn list(path: &Path, recursive: bool) -> io::Result<Vec<DirEntry>> {
    let all = move |path: &Path| {
        Walk::open(path, recursive)?
            .batch(usize::MAX)
            .into_iter()
            .collect()
    };
    path::on_thread("scandir", path, all).await
}

/// A folder whose entries are read as they are asked for, 256 in one visit of a blocking thread: a
/// stream of them.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let mut dir = fs::Dir::open_recursive("src").await?;
///     let mut found = false;
///     while let Some(entry) = dir.next().await {
///         found |= entry?.path().ends_with("fs/dir.rs");
///     }
///     assert!(found);
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "opendir")]
pub struct Dir {
    io: Rc<Io>,
    ready: VecDeque<io::Result<DirEntry>>,
    state: State,
}

enum State {
    /// Nobody reads.
    Idle(Walk),
    /// A thread reads a batch.
    Reads(Op<io::Result<(Walk, Vec<io::Result<DirEntry>>)>>),
    /// All was read.
    Ended,
}

impl Dir {
    /// Opens a folder, on a blocking thread.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotADirectory`](io::ErrorKind::NotADirectory).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::start(path.as_ref(), false).await
    }

    /// As [`open`](Self::open), and then the folders in it, and so on. Symbolic links are not
    /// followed. One folder is open at a time.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn open_recursive(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::start(path.as_ref(), true).await
    }

    async fn start(path: &Path, recursive: bool) -> io::Result<Self> {
        let open = move |path: &Path| Walk::open(path, recursive);
        let walk = path::on_thread("opendir", path, open).await?;
        Ok(Self {
            io: event_io::current(),
            ready: VecDeque::new(),
            state: State::Idle(walk),
        })
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    ///
    /// What the system says to reading a folder, which the error names. The others still come.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: what was read is there for the next call.
    pub async fn next(&mut self) -> Option<io::Result<DirEntry>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<DirEntry>>> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Poll::Ready(Some(entry));
            }
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Idle(walk) => State::Reads(read_batch(&self.io, walk)),
                State::Reads(mut op) => {
                    let Poll::Ready(read) = Pin::new(&mut op).poll(cx) else {
                        self.state = State::Reads(op);
                        return Poll::Pending;
                    };
                    match read {
                        Ok((_, batch)) if batch.is_empty() => State::Ended,
                        Ok((walk, batch)) => {
                            self.ready.extend(batch);
                            State::Idle(walk)
                        }
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
            };
        }
    }
}

fn read_batch(io: &Rc<Io>, mut walk: Walk) -> Op<io::Result<(Walk, Vec<io::Result<DirEntry>>)>> {
    ops::work(io, move || {
        let batch = walk.batch(BATCH_LEN);
        (walk, batch)
    })
}

impl Stream for Dir {
    type Item = io::Result<DirEntry>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx)
    }
}

impl fmt::Debug for Dir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dir")
            .field("ready_len", &self.ready.len())
            .finish_non_exhaustive()
    }
}

/// One entry of a folder.
#[doc(alias = "fs.Dirent")]
#[derive(Clone, Debug)]
pub struct DirEntry {
    parent: Arc<Path>,
    name: OsString,
    file_type: FileType,
}

impl DirEntry {
    pub(super) fn new(entry: &std::fs::DirEntry, parent: Arc<Path>) -> io::Result<Self> {
        let kind = entry.file_type()?;
        let file_type = match () {
            () if kind.is_file() => FileType::File,
            () if kind.is_dir() => FileType::Dir,
            () if kind.is_symlink() => FileType::Symlink,
            () if kind.is_fifo() => FileType::Fifo,
            () if kind.is_socket() => FileType::Socket,
            () if kind.is_char_device() => FileType::CharDevice,
            () if kind.is_block_device() => FileType::BlockDevice,
            () => FileType::Other,
        };
        Ok(Self {
            parent,
            name: entry.file_name(),
            file_type,
        })
    }

    /// The name within its folder.
    #[must_use]
    pub fn file_name(&self) -> &OsStr {
        &self.name
    }

    /// The folder that holds it: the path that was listed, or one below.
    #[doc(alias = "parentPath")]
    #[must_use]
    pub fn parent(&self) -> &Path {
        &self.parent
    }

    /// The path that leads to it from where the listed path starts.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }
}
