//! Folders with a name of their own.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use super::create_dir_with_mode;

/// What names are made of, as in mkdtemp(3).
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Letters behind the prefix, as in mkdtemp(3).
const SUFFIX_LEN: usize = 6;

/// Names that are tried before giving up (glibc tries 62^3).
const TRIES_MAX: usize = 1000;

/// Makes a folder that only its owner can enter, at `prefix` followed by six random letters, on the
/// ring. Nobody removes it by itself.
///
/// # Errors
///
/// What the system says, such as [`NotFound`](io::ErrorKind::NotFound) for a prefix in a folder that
/// is not there.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// A folder that was made for a dropped future stays.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     assert!(fs::metadata(&folder).await?.is_dir());
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "mkdtemp")]
pub async fn make_temp_dir(prefix: impl AsRef<Path>) -> io::Result<PathBuf> {
    let mut tries = 0;
    loop {
        let mut path = prefix.as_ref().as_os_str().to_owned();
        path.push(random_letters());
        tries += 1;
        match create_dir_with_mode(&path, 0o700).await {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < TRIES_MAX => {}
            made => return made.map(|()| path.into()),
        }
    }
}

fn random_letters() -> String {
    // The keys of a new hasher differ each time, from a random start of each thread.
    let mut number = RandomState::new().hash_one(SUFFIX_LEN);
    (0..SUFFIX_LEN)
        .map(|_| {
            let letter = LETTERS[(number % LETTERS.len() as u64) as usize];
            number /= LETTERS.len() as u64;
            char::from(letter)
        })
        .collect()
}
