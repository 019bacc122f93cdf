//! Goal: a file's own position moves as its page says, and vectored reads and writes fill and take
//! buffers in order. Method: real files, on every driver.

use std::io::{ErrorKind, SeekFrom};

use super::files::Folder;
use super::*;
use crate::fs::{self, File};

#[test]
fn reads_and_writes_move_the_position() {
    on_each_driver(|rig| {
        let folder = Folder::new("cursor");
        let path = folder.0.join("file");
        rig.block_on(async {
            let options = File::options().read(true).write(true).create_new(true);
            let mut file = options.open(&path).await.unwrap();
            file.write_all("hello ").await.0.unwrap();
            let mut clone = file.try_clone().unwrap();
            clone.write_all("world").await.0.unwrap();
            assert_eq!(file.seek(SeekFrom::Current(0)).await.unwrap(), 11);
            assert_eq!(file.seek(SeekFrom::End(-5)).await.unwrap(), 6);
            let (result, bytes) = file.read(Vec::with_capacity(8)).await;
            assert_eq!(
                (result.unwrap(), bytes.as_slice()),
                (5, b"world".as_slice())
            );
            let (result, _) = file.read(Vec::with_capacity(8)).await;
            assert_eq!(result.unwrap(), 0);
            let before = file.seek(SeekFrom::Current(-12)).await.unwrap_err();
            assert_eq!(before.kind(), ErrorKind::InvalidInput);
            // The offset that means the position inside is no offset outside.
            let (result, _) = file.read_at(Vec::with_capacity(8), u64::MAX).await;
            assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
        });
    });
}

#[test]
fn appended_bytes_go_to_the_end_wherever_that_is() {
    on_each_driver(|rig| {
        let folder = Folder::new("append");
        let path = folder.0.join("file");
        rig.block_on(async {
            let options = File::options().append(true).create(true);
            let mut first = options.open(&path).await.unwrap();
            let mut second = options.open(&path).await.unwrap();
            first.write_all("1").await.0.unwrap();
            second.write_all("2").await.0.unwrap();
            first.write_all("3").await.0.unwrap();
            assert_eq!(fs::read(&path).await.unwrap(), b"123");
        });
    });
}

#[test]
fn vectors_are_filled_and_taken_in_order() {
    on_each_driver(|rig| {
        let folder = Folder::new("vectors");
        let path = folder.0.join("file");
        rig.block_on(async {
            let options = File::options().read(true).write(true).create_new(true);
            let mut file = options.open(&path).await.unwrap();
            let (result, _) = file.write_vectored(vec!["ab", "", "cde"]).await;
            assert_eq!(result.unwrap(), 5);
            let (result, _) = file.write_vectored_at(vec!["X", "Y"], 1).await;
            assert_eq!(result.unwrap(), 2);
            let buffers = || {
                vec![
                    Vec::with_capacity(3),
                    Vec::with_capacity(4),
                    Vec::with_capacity(1),
                ]
            };
            let (result, read) = file.read_vectored_at(buffers(), 0).await;
            assert_eq!(result.unwrap(), 5);
            assert_eq!(read, [b"aXY".to_vec(), b"de".to_vec(), Vec::new()]);
            file.seek(SeekFrom::Start(3)).await.unwrap();
            let (result, read) = file.read_vectored(buffers()).await;
            assert_eq!((result.unwrap(), read[0].as_slice()), (2, b"de".as_slice()));
            let (result, _) = file.read_vectored_at(buffers(), u64::MAX).await;
            assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
            file.set_len(2).await.unwrap();
            assert_eq!(fs::read(&path).await.unwrap(), b"aX");
            let reader = File::open(&path).await.unwrap();
            let refused = reader.set_len(0).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        });
    });
}

#[test]
fn a_pipe_is_read_and_has_no_position() {
    on_each_driver(|rig| {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, b"through").unwrap();
        rig.block_on(async {
            let mut file = File::from_fd(reader.into());
            let (result, bytes) = file.read(Vec::with_capacity(16)).await;
            assert_eq!(
                (result.unwrap(), bytes.as_slice()),
                (7, b"through".as_slice())
            );
            let seek = file.seek(SeekFrom::Start(0)).await.unwrap_err();
            assert_eq!(seek.kind(), ErrorKind::NotSeekable);
        });
    });
}
