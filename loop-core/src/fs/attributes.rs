//! Permissions, owners and times.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs as unix;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, Mode, Timespec, Timestamps, UTIME_OMIT};

use super::{File, path};
use crate::io::ops;

/// The owner to give a file. What is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Number of the user.
    pub user: Option<u32>,
    /// Number of the group.
    pub group: Option<u32>,
}

/// The times to give a file. What is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Times {
    /// When the contents were last read.
    pub accessed: Option<SystemTime>,
    /// When the contents last changed.
    pub modified: Option<SystemTime>,
}

impl Times {
    fn stamps(self) -> io::Result<Timestamps> {
        Ok(Timestamps {
            last_access: stamp(self.accessed)?,
            last_modification: stamp(self.modified)?,
        })
    }
}

fn stamp(time: Option<SystemTime>) -> io::Result<Timespec> {
    let Some(time) = time else {
        return Ok(Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        });
    };
    let (whole, nanoseconds) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (i64::try_from(after.as_secs()), after.subsec_nanos()),
        Err(before) => {
            // The nanoseconds count upwards from the whole second before.
            let before = before.duration();
            let up = u64::from(before.subsec_nanos() > 0);
            let whole = i64::try_from(before.as_secs() + up).map(|seconds| -seconds);
            let nanoseconds = 1_000_000_000 - before.subsec_nanos();
            (whole, nanoseconds % 1_000_000_000)
        }
    };
    let tv_sec = whole.map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok(Timespec {
        tv_sec,
        tv_nsec: nanoseconds.into(),
    })
}

/// Gives a file permissions, such as `0o644`, on a blocking thread. Symbolic links are followed.
///
/// # Errors
///
/// What the system says, such as [`PermissionDenied`](io::ErrorKind::PermissionDenied).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     fs::set_permissions(&folder, 0o711).await?;
///     assert_eq!(fs::metadata(&folder).await?.mode() & 0o777, 0o711);
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "chmod")]
pub async fn set_permissions(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    let change = move |path: &Path| Ok(rustix::fs::chmod(path, Mode::from_raw_mode(mode))?);
    path::on_thread("chmod", path.as_ref(), change).await
}

/// Gives a file an owner, on a blocking thread. Symbolic links are followed.
///
/// # Errors
///
/// What the system says, such as [`PermissionDenied`](io::ErrorKind::PermissionDenied).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
pub async fn chown(path: impl AsRef<Path>, owner: Owner) -> io::Result<()> {
    let change = move |path: &Path| unix::chown(path, owner.user, owner.group);
    path::on_thread("chown", path.as_ref(), change).await
}

/// As [`chown`], but of a symbolic link itself.
///
/// # Errors
///
/// As for [`chown`].
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
pub async fn lchown(path: impl AsRef<Path>, owner: Owner) -> io::Result<()> {
    let change = move |path: &Path| unix::lchown(path, owner.user, owner.group);
    path::on_thread("lchown", path.as_ref(), change).await
}

/// Gives a file times, to the nanosecond where the file system has it, on a blocking thread. Symbolic
/// links are followed.
///
/// # Errors
///
/// What the system says, and [`InvalidInput`](io::ErrorKind::InvalidInput) for a time that its clock
/// does not reach.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     let past = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
///     let times = fs::Times { modified: Some(past), ..Default::default() };
///     fs::set_times(&folder, times).await?;
///     assert_eq!(fs::metadata(&folder).await?.modified(), past);
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "utimes")]
pub async fn set_times(path: impl AsRef<Path>, times: Times) -> io::Result<()> {
    set_times_with("utime", path.as_ref(), times, AtFlags::empty()).await
}

/// As [`set_times`], but of a symbolic link itself.
///
/// # Errors
///
/// As for [`set_times`].
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
#[doc(alias = "lutimes")]
pub async fn set_symlink_times(path: impl AsRef<Path>, times: Times) -> io::Result<()> {
    set_times_with("lutime", path.as_ref(), times, AtFlags::SYMLINK_NOFOLLOW).await
}

async fn set_times_with(
    syscall: &'static str,
    path: &Path,
    times: Times,
    flags: AtFlags,
) -> io::Result<()> {
    let stamps = times.stamps()?;
    let change = move |path: &Path| Ok(rustix::fs::utimensat(CWD, path, &stamps, flags)?);
    path::on_thread(syscall, path, change).await
}

/// Permissions, owner and times of an open file.
impl File {
    /// Gives the file permissions, such as `0o644`, on a blocking thread.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`PermissionDenied`](io::ErrorKind::PermissionDenied).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open whether it took place.
    #[doc(alias = "fchmod")]
    pub async fn set_permissions(&self, mode: u32) -> io::Result<()> {
        let mode = Mode::from_raw_mode(mode);
        self.on_thread(move |fd| Ok(rustix::fs::fchmod(fd, mode)?))
            .await
    }

    /// Gives the file an owner, on a blocking thread.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`PermissionDenied`](io::ErrorKind::PermissionDenied).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open whether it took place.
    #[doc(alias = "fchown")]
    pub async fn chown(&self, owner: Owner) -> io::Result<()> {
        self.on_thread(move |fd| unix::fchown(fd, owner.user, owner.group))
            .await
    }

    /// Gives the file times, on a blocking thread.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`PermissionDenied`](io::ErrorKind::PermissionDenied).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open whether it took place.
    #[doc(alias = "futimes")]
    pub async fn set_times(&self, times: Times) -> io::Result<()> {
        let stamps = times.stamps()?;
        self.on_thread(move |fd| Ok(rustix::fs::futimens(fd, &stamps)?))
            .await
    }

    /// Does `work` with a duplicate on a blocking thread: the file may be dropped meanwhile.
    pub(super) async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(OwnedFd) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let fd = self.fd.as_fd().try_clone_to_owned()?;
        ops::work(&self.io, move || work(fd)).await.flatten()
    }
}
