//! Goal: copies, whole files and listings are what their pages say. Method: real files on the
//! driver of this run.

#[path = "common/folder.rs"]
mod folder;

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;

use folder::Folder;
use synodic_loop::EventLoop;
use synodic_loop::fs::{self, CloneBlocks, CopyOptions, Dir, FileType};

fn run<F: Future>(future: F) -> F::Output {
    EventLoop::new().unwrap().block_on(future).unwrap()
}

#[test]
fn a_copy_has_the_bytes_and_the_permissions() {
    let folder = Folder::new("copies");
    let (from, to) = (folder.at("from"), folder.at("to"));
    let contents: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    run(async {
        fs::write(&from, contents.clone()).await.0.unwrap();
        fs::set_permissions(&from, 0o751).await.unwrap();
        assert_eq!(fs::copy(&from, &to).await.unwrap(), 300_000);
        assert_eq!(fs::read(&to).await.unwrap(), contents);
        assert_eq!(
            std::fs::metadata(&to).unwrap().permissions().mode() & 0o777,
            0o751
        );
        fs::write(&from, "short").await.0.unwrap();
        let prefer = CopyOptions::new().clone_blocks(CloneBlocks::Prefer);
        assert_eq!(prefer.copy(&from, &to).await.unwrap(), 5);
        assert_eq!(fs::read(&to).await.unwrap(), b"short");
        assert_eq!(fs::copy(&to, &to).await.unwrap(), 5);
        fs::link(&to, folder.at("same")).await.unwrap();
        assert_eq!(fs::copy(&to, folder.at("same")).await.unwrap(), 5);
        assert_eq!(fs::read(&to).await.unwrap(), b"short");
    });
}

#[test]
fn copies_that_cannot_be_leave_nothing_behind() {
    let folder = Folder::new("uncopied");
    let (from, to) = (folder.at("from"), folder.at("to"));
    run(async {
        fs::write(&from, "x").await.0.unwrap();
        fs::write(&to, "kept").await.0.unwrap();
        let exclusive = CopyOptions::new().create_new(true);
        let error = exclusive.copy(&from, &to).await.unwrap_err();
        let text = format!(
            "EEXIST: file already exists, copyfile '{}' -> '{}'",
            from.display(),
            to.display()
        );
        assert_eq!(error.to_string(), text);
        assert_eq!(fs::read(&to).await.unwrap(), b"kept");
        let error = fs::copy(folder.at("none"), folder.at("new"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = fs::copy(folder.path(), folder.at("new")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IsADirectory);
        // The clone works, or its failure takes the new file along.
        let require = CopyOptions::new().clone_blocks(CloneBlocks::Require);
        let cloned = require.copy(&from, folder.at("new")).await;
        assert_eq!(fs::exists(folder.at("new")).await.unwrap(), cloned.is_ok());
    });
}

#[test]
fn whole_files_are_appended_cut_and_read_as_text() {
    let folder = Folder::new("whole");
    let path = folder.at("file");
    run(async {
        fs::append(&path, "one ").await.0.unwrap();
        fs::append(&path, "two").await.0.unwrap();
        assert_eq!(fs::read_to_string(&path).await.unwrap(), "one two");
        fs::truncate(&path, 3).await.unwrap();
        assert_eq!(fs::read_to_string(&path).await.unwrap(), "one");
        fs::truncate(&path, 5).await.unwrap();
        assert_eq!(fs::read(&path).await.unwrap(), b"one\0\0");
        fs::write(&path, b"\xff".as_slice()).await.0.unwrap();
        let error = fs::read_to_string(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let error = fs::truncate(folder.at("none"), 0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let (result, contents) = fs::append(folder.path(), "back").await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::IsADirectory);
        assert_eq!(contents, "back");
    });
}

#[test]
fn trees_are_listed_batch_by_batch_and_links_are_not_followed() {
    let folder = Folder::new("tree");
    for n in 0..600 {
        std::fs::write(folder.at(&format!("file-{n}")), "").unwrap();
    }
    std::fs::create_dir_all(folder.at("a/b")).unwrap();
    std::fs::write(folder.at("a/b/leaf"), "").unwrap();
    std::os::unix::fs::symlink("..", folder.at("a/up")).unwrap();
    run(async {
        let mut dir = Dir::open_recursive(folder.path()).await.unwrap();
        let (mut count, mut leaves) = (0, Vec::new());
        while let Some(entry) = dir.next().await {
            let entry = entry.unwrap();
            count += 1;
            if entry.parent() != folder.path() {
                leaves.push((entry.path(), entry.file_type()));
            }
        }
        assert!(dir.next().await.is_none());
        leaves.sort_by(|one, other| one.0.cmp(&other.0));
        let expected = [
            (folder.at("a/b"), FileType::Dir),
            (folder.at("a/b/leaf"), FileType::File),
            (folder.at("a/up"), FileType::Symlink),
        ];
        assert_eq!((count, leaves.as_slice()), (604, expected.as_slice()));
        assert_eq!(
            fs::read_dir_recursive(folder.path()).await.unwrap().len(),
            604
        );
        assert_eq!(fs::read_dir(folder.path()).await.unwrap().len(), 601);
        let mut flat = Dir::open(folder.at("a")).await.unwrap();
        assert!(flat.next().await.unwrap().is_ok() && flat.next().await.unwrap().is_ok());
        assert!(flat.next().await.is_none());
        let error = Dir::open(folder.at("file-1")).await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("ENOTDIR: not a directory, opendir '")
        );
    });
}
