//! The files of a folder.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::SystemTime;

use percent_encoding::percent_decode_str;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use synodic::fs::{File, Metadata};
use synodic_sync::Arc;

use crate::representation::{Content, Representation};

/// How often a file is tried whose path is renamed while the kernel follows it.
const TRIES: usize = 9;

/// A folder, out of which no path leads.
pub(crate) struct Folder(Arc<OwnedFd>);

/// What a path names.
pub(crate) enum Found {
    File(Representation),
    /// A folder: its own path ends with a slash.
    Folder,
    Nothing,
}

impl Folder {
    /// Opens the folder, and makes sure that the kernel can confine paths to it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())?;
        match rustix::fs::openat2(&folder, ".", flags, Mode::empty(), CONFINED) {
            Ok(_) => Ok(Self(Arc::new(folder))),
            Err(Errno::NOSYS) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "files are served with openat2, which this system does not have (Linux 5.6)",
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks up the path of a URL.
    ///
    /// # Errors
    ///
    /// What the system says about a file that is there.
    pub(crate) async fn find(&self, path: &str) -> io::Result<Found> {
        let Some(name) = file_name(path) else {
            return Ok(Found::Nothing);
        };
        let file = match self.open_file(&name).await {
            Ok(fd) => File::from_fd(fd),
            Err(error) if means_nothing(&error) => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata().await?;
        Ok(match () {
            () if metadata.is_file() => Found::File(representation(&name, file, &metadata)),
            () if metadata.is_dir() && !path.ends_with('/') => Found::Folder,
            () => Found::Nothing,
        })
    }

    /// Opens at once what the kernel has in its caches, and anything else where waiting for a disk
    /// holds nobody up.
    async fn open_file(&self, name: &str) -> io::Result<OwnedFd> {
        match open_beneath(&self.0, name, ResolveFlags::CACHED) {
            // Not in the caches; or a kernel that does not know the flag.
            Err(Errno::AGAIN | Errno::INVAL) => {}
            opened => return Ok(opened?),
        }
        let (folder, name) = (self.0.clone(), name.to_owned());
        synodic::spawn_blocking(move || {
            for _ in 0..TRIES {
                match open_beneath(&folder, &name, ResolveFlags::empty()) {
                    Err(Errno::AGAIN) => {}
                    opened => return Ok(opened?),
                }
            }
            Err(Errno::AGAIN.into())
        })
        .await?
    }
}

/// The kernel itself refuses whatever leads out of the folder, links among them.
const CONFINED: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

fn open_beneath(folder: &OwnedFd, name: &str, resolve: ResolveFlags) -> Result<OwnedFd, Errno> {
    // A pipe must not wait for its other end.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    rustix::fs::openat2(folder, name, flags, Mode::empty(), CONFINED | resolve)
}

fn representation(name: &str, file: File, metadata: &Metadata) -> Representation {
    let modified = metadata.modified();
    let age = modified
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |age| age.as_nanos());
    Representation {
        kind: mime_guess::from_path(name)
            .first_or_octet_stream()
            .to_string()
            .into(),
        // A file that is replaced is another inode; one that is written has another time.
        tag: format!("{:x}-{age:x}-{:x}", metadata.inode(), metadata.len()),
        modified: Some(modified),
        len: metadata.len(),
        content: Content::File(file),
    }
}

/// The name of a file in the folder, of a path in a URL; `None` when there can be none.
fn file_name(path: &str) -> Option<String> {
    let path = percent_decode_str(path.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    let leads_away =
        path.starts_with('/') || path.contains('\0') || path.split('/').any(|part| part == "..");
    let index = if path.is_empty() || path.ends_with('/') {
        "index.html"
    } else {
        ""
    };
    (!leads_away).then(|| format!("{path}{index}"))
}

/// Whether an error says that there is no such file here.
fn means_nothing(error: &io::Error) -> bool {
    // `XDEV` is a path that leads out of the folder, `NXIO` a socket.
    matches!(
        Errno::from_io_error(error),
        Some(
            Errno::NOENT
                | Errno::NOTDIR
                | Errno::ISDIR
                | Errno::NAMETOOLONG
                | Errno::XDEV
                | Errno::LOOP
                | Errno::NXIO
        )
    )
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_stay_in_the_folder() {
        assert_eq!(file_name("/a/b.txt").as_deref(), Some("a/b.txt"));
        assert_eq!(file_name("/a%20b").as_deref(), Some("a b"));
        assert_eq!(file_name("/").as_deref(), Some("index.html"));
        assert_eq!(file_name("/a/").as_deref(), Some("a/index.html"));
        for path in [
            "/../x",
            "/a/%2e%2e/x",
            "/a%2f..%2fx",
            "//etc",
            "/a%00",
            "/%ff",
            "*",
        ] {
            assert_eq!(file_name(path), None, "{path}");
        }
    }
}
