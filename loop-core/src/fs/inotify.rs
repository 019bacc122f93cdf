//! inotify(7): one descriptor, and which folder each of its watches is for.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use synodic_sync::{Arc, Mutex};

use super::WatchEvent;

/// Room for one read: some 15 events with the longest names, or 256 with short ones.
const READ_BYTES: usize = 4096;

/// What is watched: as libuv has it.
const WATCHED: WatchFlags = WatchFlags::ATTRIB
    .union(WatchFlags::CREATE)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO);

/// A change, and the folder that came with it when that is to be watched too.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) event: WatchEvent,
    pub(super) new_folder: Option<PathBuf>,
}

/// See the [module](self). Clones are of the same descriptor.
#[derive(Clone, Debug)]
pub(super) struct Inotify(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    fd: OwnedFd,
    root: PathBuf,
    recursive: bool,
    /// By the kernel's number of the watch: the folder's path below the root.
    watches: Mutex<HashMap<i32, PathBuf>>,
}

impl Inotify {
    /// Watches `root`, on a thread that may block.
    pub(super) fn open(root: &Path, recursive: bool) -> io::Result<Self> {
        let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        let inotify = Self(Arc::new(Inner {
            fd,
            root: root.to_owned(),
            recursive,
            watches: Mutex::new(HashMap::new()),
        }));
        inotify.add(Path::new(""), WATCHED)?;
        if recursive && root.is_dir() {
            // What is there at the start is nobody's news.
            inotify.add_below(PathBuf::new())?;
        }
        Ok(inotify)
    }

    /// What has come, as far as it is here; at least `len_max` changes end the read.
    pub(super) fn read(&self, len_max: usize) -> io::Result<Vec<Seen>> {
        let mut room = [MaybeUninit::uninit(); READ_BYTES];
        let mut reader = Reader::new(&self.0.fd, &mut room);
        let mut seen = Vec::new();
        // Events that were read are all taken, so that none is dropped with the reader.
        while seen.len() < len_max || !reader.is_buffer_empty() {
            match reader.next() {
                Ok(event) => seen.extend(self.seen(&event)),
                Err(rustix::io::Errno::WOULDBLOCK) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(seen)
    }

    /// Watches new folders and all below them, on a thread that may block, and tells what they
    /// hold already: it came before the watch.
    pub(super) fn add_trees(&self, folders: Vec<PathBuf>) -> io::Result<Vec<Seen>> {
        let mut found = Vec::new();
        for folder in folders {
            if self.add_folder(&folder)? {
                found.extend(self.add_below(folder)?);
            }
        }
        let seen = found.into_iter().map(|path| Seen {
            event: WatchEvent::Rename { path },
            new_folder: None,
        });
        Ok(seen.collect())
    }

    fn add_below(&self, folder: PathBuf) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            let entries = match std::fs::read_dir(self.0.root.join(&folder)) {
                Err(error) if is_gone(&error) => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) && self.add_folder(&path)? {
                    folders.push(path.clone());
                }
                found.push(path);
            }
        }
        Ok(found)
    }

    /// Watches a folder, unless it is gone already, which is told by an event of its own.
    fn add_folder(&self, folder: &Path) -> io::Result<bool> {
        let flags = WATCHED | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW;
        match self.add(folder, flags) {
            Ok(()) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn add(&self, below: &Path, flags: WatchFlags) -> io::Result<()> {
        let Inner { fd, root, .. } = &*self.0;
        let whole = if below == Path::new("") {
            root.clone()
        } else {
            root.join(below)
        };
        let watch = inotify::add_watch(fd, &whole, flags)?;
        // Nobody reads events before this is done: the number is known by then.
        self.0.watches.lock().insert(watch, below.to_owned());
        Ok(())
    }

    /// Ends the watches of a folder that goes elsewhere, and of all below it. When it comes to
    /// another place of the tree, it is watched anew under its new name.
    fn forget_tree(&self, watches: &mut HashMap<i32, PathBuf>, folder: &Path) {
        watches.retain(|watch, path| {
            let stays = !path.starts_with(folder);
            if !stays {
                // The kernel has ended it by itself when the folder was removed since.
                let _ = inotify::remove_watch(&self.0.fd, *watch);
            }
            stays
        });
    }

    fn seen(&self, event: &inotify::Event<'_>) -> Option<Seen> {
        let flags = event.events();
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            let event = WatchEvent::Overflow;
            return Some(Seen {
                event,
                new_folder: None,
            });
        }
        let mut watches = self.0.watches.lock();
        if flags.contains(ReadFlags::IGNORED) {
            watches.remove(&event.wd());
            return None;
        }
        let folder = watches.get(&event.wd())?;
        let path = match event.file_name() {
            Some(name) => folder.join(OsStr::from_bytes(name.to_bytes())),
            // Of a folder below, the one above tells the same by its name.
            None if folder != Path::new("") => return None,
            None => self.0.root.file_name().unwrap_or_default().into(),
        };
        if self.0.recursive && flags.contains(ReadFlags::MOVED_FROM | ReadFlags::ISDIR) {
            self.forget_tree(&mut watches, &path);
        }
        let came = flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO);
        let is_new_folder = self.0.recursive && came && flags.contains(ReadFlags::ISDIR);
        let new_folder = is_new_folder.then(|| path.clone());
        let event = if flags.intersects(ReadFlags::ATTRIB | ReadFlags::MODIFY) {
            WatchEvent::Change { path }
        } else {
            WatchEvent::Rename { path }
        };
        Some(Seen { event, new_folder })
    }
}

impl AsFd for Inotify {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd.as_fd()
    }
}

/// Whether a folder went, or turned into something else, before it could be watched.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}
