//! Reads folders, one after the other, on a thread that may block.

use std::collections::VecDeque;
use std::fs::ReadDir;
use std::io;
use std::path::{Path, PathBuf};

use synodic_sync::Arc;

use super::error::at;
use super::{DirEntry, FileType};

/// Where reading a folder, or a tree of them, has come to.
pub(super) struct Walk {
    /// The folder that is being read.
    open: Option<(Arc<Path>, ReadDir)>,
    /// Folders that were seen and are still to be read.
    waiting: VecDeque<PathBuf>,
    recursive: bool,
}

impl Walk {
    pub(super) fn open(path: &Path, recursive: bool) -> io::Result<Self> {
        Ok(Self {
            open: Some((path.into(), std::fs::read_dir(path)?)),
            waiting: VecDeque::new(),
            recursive,
        })
    }

    /// The next entries, at most `len_max`; none at the end.
    pub(super) fn batch(&mut self, len_max: usize) -> Vec<io::Result<DirEntry>> {
        let mut batch = Vec::new();
        while batch.len() < len_max
            && let Some(entry) = self.next()
        {
            batch.push(entry);
        }
        batch
    }

    fn next(&mut self) -> Option<io::Result<DirEntry>> {
        loop {
            let Some((parent, entries)) = &mut self.open else {
                let folder = self.waiting.pop_front()?;
                match std::fs::read_dir(&folder) {
                    Ok(entries) => self.open = Some((folder.into(), entries)),
                    Err(error) => return Some(Err(at(error, "scandir", &folder))),
                }
                continue;
            };
            let Some(entry) = entries.next() else {
                self.open = None;
                continue;
            };
            let entry = entry.and_then(|entry| DirEntry::new(&entry, parent.clone()));
            if let Ok(entry) = &entry
                && self.recursive
                && entry.file_type() == FileType::Dir
            {
                self.waiting.push_back(entry.path());
            }
            let parent = parent.clone();
            return Some(entry.map_err(|error| at(error, "scandir", &parent)));
        }
    }
}
