//! Node's words for how a file is opened.

use std::str::FromStr;

use super::OpenOptions;

/// Not one of Node's flags.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown flags for opening a file: {flags:?}")]
pub struct UnknownFlags {
    /// What was given.
    pub flags: String,
}

impl FromStr for OpenOptions {
    type Err = UnknownFlags;

    /// Takes one of Node's flags.
    ///
    /// | flags | methods |
    /// | --- | --- |
    /// | `r`; with `s`: `rs`, `sr` | `read` |
    /// | `r+`; `rs+`, `sr+` | `read`, `write` |
    /// | `w`; with `x`: `wx`, `xw` | `write`, `create`, `truncate` |
    /// | `w+`; `wx+`, `xw+` | `read`, `write`, `create`, `truncate` |
    /// | `a`; `ax`, `xa`; `as`, `sa` | `append`, `create` |
    /// | `a+`; `ax+`, `xa+`; `as+`, `sa+` | `read`, `append`, `create` |
    ///
    /// `x` adds `create_new`, and `s` adds `sync`.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_loop::fs::OpenOptions;
    ///
    /// let options: OpenOptions = "wx+".parse()?;
    /// assert!("rx".parse::<OpenOptions>().is_err());
    /// # Ok::<(), synodic_loop::fs::UnknownFlags>(())
    /// ```
    fn from_str(flags: &str) -> Result<Self, UnknownFlags> {
        let (letters, both) = match flags.strip_suffix('+') {
            Some(letters) => (letters, true),
            None => (flags, false),
        };
        let options = match letters {
            "r" => Self::new().read(true).write(both),
            "rs" | "sr" => Self::new().read(true).write(both).sync(true),
            "w" => writing(both),
            "wx" | "xw" => writing(both).create_new(true),
            "a" => appending(both),
            "ax" | "xa" => appending(both).create_new(true),
            "as" | "sa" => appending(both).sync(true),
            _ => {
                let flags = flags.to_owned();
                return Err(UnknownFlags { flags });
            }
        };
        Ok(options)
    }
}

fn writing(read: bool) -> OpenOptions {
    let options = OpenOptions::new().write(true).read(read);
    options.create(true).truncate(true)
}

fn appending(read: bool) -> OpenOptions {
    OpenOptions::new().append(true).read(read).create(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number that Node gives to open(2) for each of its flags, without `O_CLOEXEC`.
    #[test]
    fn flags_mean_what_they_mean_in_node() {
        use libc::{O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY};
        let expected = [
            ("r", O_RDONLY),
            ("rs", O_RDONLY | O_SYNC),
            ("sr", O_RDONLY | O_SYNC),
            ("r+", O_RDWR),
            ("rs+", O_RDWR | O_SYNC),
            ("sr+", O_RDWR | O_SYNC),
            ("w", O_TRUNC | O_CREAT | O_WRONLY),
            ("wx", O_TRUNC | O_CREAT | O_WRONLY | O_EXCL),
            ("xw", O_TRUNC | O_CREAT | O_WRONLY | O_EXCL),
            ("w+", O_TRUNC | O_CREAT | O_RDWR),
            ("wx+", O_TRUNC | O_CREAT | O_RDWR | O_EXCL),
            ("xw+", O_TRUNC | O_CREAT | O_RDWR | O_EXCL),
            ("a", O_APPEND | O_CREAT | O_WRONLY),
            ("ax", O_APPEND | O_CREAT | O_WRONLY | O_EXCL),
            ("xa", O_APPEND | O_CREAT | O_WRONLY | O_EXCL),
            ("as", O_APPEND | O_CREAT | O_WRONLY | O_SYNC),
            ("sa", O_APPEND | O_CREAT | O_WRONLY | O_SYNC),
            ("a+", O_APPEND | O_CREAT | O_RDWR),
            ("ax+", O_APPEND | O_CREAT | O_RDWR | O_EXCL),
            ("xa+", O_APPEND | O_CREAT | O_RDWR | O_EXCL),
            ("as+", O_APPEND | O_CREAT | O_RDWR | O_SYNC),
            ("sa+", O_APPEND | O_CREAT | O_RDWR | O_SYNC),
        ];
        for (flags, bits) in expected {
            let options: OpenOptions = flags.parse().unwrap();
            let found = options.flags().unwrap() & !libc::O_CLOEXEC;
            assert_eq!(found, bits, "{flags}");
        }
        for flags in ["", "+", "x", "rx", "ws", "r++", "wax"] {
            assert!(flags.parse::<OpenOptions>().is_err(), "{flags}");
        }
    }
}
