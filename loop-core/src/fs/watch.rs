//! Changes of files and folders, as they come.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::inotify::{Inotify, Seen};
use super::path;
use crate::io::{self as event_io, Interest, Io, Op, PollFd, ops};

/// Events that wait to be taken before no more are read from the kernel, which has a queue of its
/// own (`fs.inotify.max_queued_events`) and says when it has overflowed.
const QUEUE_MAX: usize = 1024;

/// One change that a [`Watcher`] has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchEvent {
    /// A name came, went or changed hands.
    Rename {
        /// The name: within the folder that is watched, or of the file that is.
        path: PathBuf,
    },
    /// Contents or attributes changed.
    Change {
        /// As for [`Rename`](Self::Rename).
        path: PathBuf,
    },
    /// Changes came faster than they were taken, and some were lost: look for yourself.
    Overflow,
}

/// Watches a file or a folder, by inotify: a stream of what changes. Its readiness is awaited by
/// the driver; watches are added on a blocking thread.
///
/// Once its first event was waited for, a watcher keeps the loop alive until it is dropped, which
/// ends the watch.
///
/// # Node
///
/// The events are those of `fs.watch`, `'rename'` and `'change'`, with the file name. Node has no
/// event for an overflow. With [`recursive`](Self::recursive), what a new folder holds by the time
/// it is watched is told as renames, now and then twice.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     let mut watcher = fs::Watcher::new(&folder).await?;
///     fs::create_dir(folder.join("new")).await?;
///     let event = watcher.next().await?;
///     assert_eq!(event, fs::WatchEvent::Rename { path: "new".into() });
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_fs_event_t")]
#[doc(alias = "FSWatcher")]
pub struct Watcher {
    io: Rc<Io>,
    readiness: PollFd<Inotify>,
    waiting: VecDeque<WatchEvent>,
    /// A thread that adds watches for new folders.
    adds: Option<Op<io::Result<io::Result<Vec<Seen>>>>>,
}

impl Watcher {
    /// Watches a file, or a folder and the names in it, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotFound`](io::ErrorKind::NotFound), and
    /// [`StorageFull`](io::ErrorKind::StorageFull) when the user has no watches left.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[doc(alias = "fs.watch")]
    pub async fn new(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::start(path.as_ref(), false).await
    }

    /// Watches a folder with all folders below it, also those that come later. Symbolic links are
    /// not followed.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn recursive(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::start(path.as_ref(), true).await
    }

    async fn start(path: &Path, recursive: bool) -> io::Result<Self> {
        let open = move |path: &Path| Inotify::open(path, recursive);
        let inotify = path::on_thread("watch", path, open).await?;
        Ok(Self {
            io: event_io::current(),
            readiness: PollFd::new(inotify),
            waiting: VecDeque::new(),
            adds: None,
        })
    }

    /// The next change.
    ///
    /// # Errors
    ///
    /// What the system says to reading them, or to watching a folder that came.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: what was read is there for the next call.
    pub async fn next(&mut self) -> io::Result<WatchEvent> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<WatchEvent>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Poll::Ready(Ok(event));
            }
            if let Some(adds) = &mut self.adds {
                let seen = ready!(Pin::new(adds).poll(cx));
                self.adds = None;
                self.take(seen.flatten()?);
                continue;
            }
            // What is there is read before the wait: an edge stands for all that came before it.
            let seen = self.readiness.get_ref().read(QUEUE_MAX)?;
            if seen.is_empty() {
                ready!(self.readiness.poll_event(cx, Interest::READABLE))?;
            } else {
                self.take(seen);
            }
        }
    }

    /// Queues what was seen, and has watches added for the folders among it.
    fn take(&mut self, seen: Vec<Seen>) {
        let mut folders = Vec::new();
        for one in seen {
            if let Some(folder) = one.new_folder {
                folders.push(folder);
            }
            self.waiting.push_back(one.event);
        }
        if !folders.is_empty() {
            let inotify = self.readiness.get_ref().clone();
            let adds = ops::work(&self.io, move || inotify.add_trees(folders));
            self.adds = Some(adds);
        }
    }
}

impl Stream for Watcher {
    type Item = io::Result<WatchEvent>;

    /// Never ends.
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx).map(Some)
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher")
            .field("inotify", &self.readiness)
            .field("waiting_len", &self.waiting.len())
            .finish_non_exhaustive()
    }
}
