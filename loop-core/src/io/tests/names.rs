//! Goal: names in folders are given, changed and removed, and errors say what was tried on which
//! path. Method: real folders, on every driver and on a ring without these operations.

use std::io::ErrorKind;
use std::path::Path;

use super::files::Folder;
use super::*;
use crate::fs;

/// What `error` says, with `folder` left out.
fn text(error: &std::io::Error, folder: &Path) -> String {
    error
        .to_string()
        .replace(&format!("{}/", folder.display()), "")
}

#[test]
fn files_are_renamed_linked_and_removed() {
    on_each_driver(|rig| {
        let folder = Folder::new("names");
        let at = |name: &str| folder.0.join(name);
        rig.block_on(async {
            fs::write(at("a"), "contents").await.0.unwrap();
            fs::rename(at("a"), at("b")).await.unwrap();
            fs::link(at("b"), at("c")).await.unwrap();
            fs::symlink("c", at("d")).await.unwrap();
            assert_eq!(fs::read_link(at("d")).await.unwrap(), Path::new("c"));
            assert_eq!(fs::read(at("d")).await.unwrap(), b"contents");
            for name in ["b", "c", "d"] {
                fs::remove_file(at(name)).await.unwrap();
            }
            assert!(fs::read_dir(&folder.0).await.unwrap().is_empty());
        });
    });
}

#[test]
fn errors_say_what_was_tried_on_which_paths() {
    on_each_driver(|rig| {
        let folder = Folder::new("said");
        let at = |name: &str| folder.0.join(name);
        let said = |result: std::io::Result<()>| text(&result.unwrap_err(), &folder.0);
        rig.block_on(async {
            fs::create_dir(at("dir")).await.unwrap();
            fs::write(at("dir/file"), "x").await.0.unwrap();
            let none = "ENOENT: no such file or directory";
            assert_eq!(
                said(fs::rename(at("x"), at("y")).await),
                format!("{none}, rename 'x' -> 'y'")
            );
            assert_eq!(
                said(fs::link(at("x"), at("y")).await),
                format!("{none}, link 'x' -> 'y'")
            );
            assert_eq!(
                said(fs::remove_file(at("x")).await),
                format!("{none}, unlink 'x'")
            );
            assert_eq!(
                said(fs::remove_dir(at("x")).await),
                format!("{none}, rmdir 'x'")
            );
            assert_eq!(
                said(fs::remove_dir_all(at("x")).await),
                format!("{none}, rm 'x'")
            );
            let there = "EEXIST: file already exists";
            assert_eq!(
                said(fs::create_dir(at("dir")).await),
                format!("{there}, mkdir 'dir'")
            );
            let link = fs::symlink("t", at("dir")).await.unwrap_err();
            assert_eq!(
                text(&link, &folder.0),
                format!("{there}, symlink 't' -> 'dir'")
            );
            let detail = fs::PathError::of(&link).unwrap();
            assert_eq!((detail.errno(), detail.code()), (libc::EEXIST, "EEXIST"));
            assert_eq!(detail.dest(), Some(at("dir").as_path()));
            assert_eq!(
                said(fs::remove_dir(at("dir")).await),
                "ENOTEMPTY: directory not empty, rmdir 'dir'"
            );
            let wrong = fs::remove_file(at("dir")).await.unwrap_err();
            assert_eq!(wrong.kind(), ErrorKind::IsADirectory);
            let wrong = fs::read_link(at("dir")).await.unwrap_err();
            assert_eq!(wrong.kind(), ErrorKind::InvalidInput);
            let nul = fs::rename(at("dir"), "a\0b").await.unwrap_err();
            let detail: &fs::NulInPath = nul.get_ref().unwrap().downcast_ref().unwrap();
            assert_eq!(detail.position, 1);
        });
    });
}

#[test]
fn folders_are_made_with_those_above_them() {
    on_each_driver(|rig| {
        let folder = Folder::new("above");
        let at = |name: &str| folder.0.join(name);
        rig.block_on(async {
            let first = fs::create_dir_all(at("a/b/c")).await.unwrap();
            assert_eq!(first, Some(at("a")));
            assert_eq!(fs::create_dir_all(at("a/b")).await.unwrap(), None);
            assert_eq!(
                fs::create_dir_all(at("a/b/d")).await.unwrap(),
                Some(at("a/b/d"))
            );
            fs::write(at("file"), "").await.0.unwrap();
            let through = fs::create_dir_all(at("file/x")).await.unwrap_err();
            assert_eq!(through.kind(), ErrorKind::NotADirectory);
            let file = fs::create_dir_all(at("file")).await.unwrap_err();
            assert_eq!(file.kind(), ErrorKind::AlreadyExists);
            let private = at("private");
            fs::create_dir_with_mode(&private, 0o700).await.unwrap();
            assert_eq!(fs::metadata(&private).await.unwrap().mode() & 0o777, 0o700);
        });
    });
}

#[test]
fn removing_a_tree_leaves_alone_what_its_links_lead_to() {
    on_each_driver(|rig| {
        let folder = Folder::new("trees");
        let at = |name: &str| folder.0.join(name);
        rig.block_on(async {
            fs::create_dir_all(at("kept")).await.unwrap();
            fs::write(at("kept/file"), "x").await.0.unwrap();
            fs::create_dir_all(at("tree/sub")).await.unwrap();
            fs::symlink(at("kept"), at("tree/sub/link")).await.unwrap();
            fs::remove_dir_all(at("tree")).await.unwrap();
            assert_eq!(fs::read(at("kept/file")).await.unwrap(), b"x");
            assert!(fs::metadata(at("tree")).await.is_err());

            let plain = fs::RemoveOptions::new();
            let folder_error = plain.remove(at("kept")).await.unwrap_err();
            assert_eq!(folder_error.kind(), ErrorKind::IsADirectory);
            let missing = plain.recursive(true).remove(at("none")).await.unwrap_err();
            assert_eq!(missing.kind(), ErrorKind::NotFound);
            plain.force(true).remove(at("none")).await.unwrap();
            fs::symlink("kept", at("link")).await.unwrap();
            plain.recursive(true).remove(at("link")).await.unwrap();
            assert!(fs::metadata(at("kept")).await.unwrap().is_dir());
            plain.recursive(true).remove(at("kept")).await.unwrap();
            assert!(fs::read_dir(&folder.0).await.unwrap().is_empty());
        });
    });
}

#[test]
fn temporary_folders_have_names_of_their_own() {
    on_each_driver(|rig| {
        let folder = Folder::new("temp");
        rig.block_on(async {
            let first = fs::make_temp_dir(folder.0.join("x-")).await.unwrap();
            let second = fs::make_temp_dir(folder.0.join("x-")).await.unwrap();
            assert_ne!(first, second);
            let metadata = fs::metadata(&first).await.unwrap();
            assert_eq!(metadata.mode() & 0o777, 0o700);
            let nowhere = fs::make_temp_dir(folder.0.join("none/x-"))
                .await
                .unwrap_err();
            assert_eq!(nowhere.kind(), ErrorKind::NotFound);
        });
    });
}
