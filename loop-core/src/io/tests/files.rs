//! Goal: files do what their pages say, on every driver.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::*;
use crate::fs::{self, File, FileType};

/// A folder of its own for one test, removed at the end.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("synodic-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_is_written_and_read_at_positions() {
    on_each_driver(|rig| {
        let folder = Folder::new("positions");
        let path = folder.0.join("file");
        rig.block_on(async {
            let file = File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path)
                .await;
            let file = file.unwrap();
            file.write_all_at(b"hello world".as_slice(), 0)
                .await
                .0
                .unwrap();
            file.write_all_at(b"W".to_vec(), 6).await.0.unwrap();
            file.sync_all().await.unwrap();
            file.sync_data().await.unwrap();
            let (result, part) = file.read_exact_at(Vec::with_capacity(5), 6).await;
            result.unwrap();
            assert_eq!(part, b"World");
            let (result, _) = file.read_exact_at(Vec::with_capacity(5), 8).await;
            assert_eq!(result.unwrap_err().kind(), ErrorKind::UnexpectedEof);
            file.set_len(5).await.unwrap();
            assert_eq!(file.metadata().await.unwrap().len(), 5);
            file.close().await.unwrap();
            assert_eq!(fs::read(&path).await.unwrap(), b"hello");
            fs::write(&path, b"new".as_slice()).await.0.unwrap();
            assert_eq!(fs::read(&path).await.unwrap(), b"new");
        });
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    on_each_driver(|rig| {
        let folder = Folder::new("missing");
        rig.block_on(async {
            let path = folder.0.join("none");
            assert_eq!(
                File::open(&path).await.unwrap_err().kind(),
                ErrorKind::NotFound
            );
            assert_eq!(
                fs::metadata(&path).await.unwrap_err().kind(),
                ErrorKind::NotFound
            );
            assert_eq!(
                fs::read_dir(&path).await.unwrap_err().kind(),
                ErrorKind::NotFound
            );
            let nul = File::open("with\0nul").await.unwrap_err();
            assert_eq!(nul.kind(), ErrorKind::InvalidInput);
            let nothing = File::options().open(&path).await.unwrap_err();
            assert_eq!(nothing.kind(), ErrorKind::InvalidInput);
        });
    });
}

#[test]
fn folders_list_what_they_hold() {
    on_each_driver(|rig| {
        let folder = Folder::new("listing");
        rig.block_on(async {
            fs::write(folder.0.join("file"), b"12".as_slice())
                .await
                .0
                .unwrap();
            std::fs::create_dir(folder.0.join("folder")).unwrap();
            std::os::unix::fs::symlink("file", folder.0.join("link")).unwrap();
            let mut entries: Vec<_> = fs::read_dir(&folder.0)
                .await
                .unwrap()
                .iter()
                .map(|entry| (entry.file_name().to_owned(), entry.file_type()))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let expected = [
                ("file".into(), FileType::File),
                ("folder".into(), FileType::Dir),
                ("link".into(), FileType::Symlink),
            ];
            assert_eq!(entries, expected);
            let link = folder.0.join("link");
            assert_eq!(fs::metadata(&link).await.unwrap().len(), 2);
            let link = fs::symlink_metadata(&link).await.unwrap();
            assert_eq!(link.file_type(), FileType::Symlink);
            assert!(fs::metadata(&folder.0).await.unwrap().is_dir());
        });
    });
}

#[test]
fn more_files_than_the_executor_has_room_for_are_all_read() {
    on_each_driver(|rig| {
        let folder = Folder::new("many");
        let path = folder.0.join("file");
        std::fs::write(&path, b"0123456789".as_slice()).unwrap();
        rig.block_on(async {
            let file = File::open(&path).await.unwrap();
            let reads: Vec<_> = (0..3000)
                .map(|n| file.read_at(Vec::with_capacity(1), n % 10))
                .collect();
            for (n, read) in (0_u8..10).cycle().zip(reads) {
                let (result, buffer) = read.await;
                result.unwrap();
                assert_eq!(buffer, [b'0' + n]);
            }
        });
    });
}
