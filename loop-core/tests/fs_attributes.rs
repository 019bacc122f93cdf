//! Goal: permissions, owners, times and what is said of a path are the kernel's. Method: real files
//! on the driver of this run, looked at through `std` as well.

#[path = "common/folder.rs"]
mod folder;

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use folder::Folder;
use synodic_loop::EventLoop;
use synodic_loop::fs::{self, Access, File, FileType, Owner, Times};

fn run<F: Future>(future: F) -> F::Output {
    EventLoop::new().unwrap().block_on(future).unwrap()
}

#[test]
fn permissions_are_set_by_path_and_by_file() {
    let folder = Folder::new("permissions");
    let path = folder.at("file");
    let bits = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
    run(async {
        fs::write(&path, "x").await.0.unwrap();
        fs::set_permissions(&path, 0o640).await.unwrap();
        assert_eq!(bits(), 0o640);
        let file = File::open(&path).await.unwrap();
        file.set_permissions(0o4711).await.unwrap();
        assert_eq!(bits(), 0o4711);
        let error = fs::set_permissions(folder.at("none"), 0o600)
            .await
            .unwrap_err();
        let text = format!(
            "ENOENT: no such file or directory, chmod '{}'",
            folder.at("none").display()
        );
        assert_eq!(error.to_string(), text);
    });
}

#[test]
fn owners_that_are_left_out_stay() {
    let folder = Folder::new("owners");
    let path = folder.at("file");
    run(async {
        fs::write(&path, "x").await.0.unwrap();
        let before = std::fs::metadata(&path).unwrap();
        let same = Owner {
            user: Some(before.uid()),
            group: None,
        };
        fs::chown(&path, same).await.unwrap();
        fs::symlink("nowhere", folder.at("link")).await.unwrap();
        fs::lchown(folder.at("link"), same).await.unwrap();
        File::open(&path)
            .await
            .unwrap()
            .chown(Owner::default())
            .await
            .unwrap();
        let after = fs::metadata(&path).await.unwrap();
        assert_eq!((after.user(), after.group()), (before.uid(), before.gid()));
        let error = fs::chown(folder.at("link"), same).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn times_are_set_to_the_nanosecond_also_before_1970() {
    let folder = Folder::new("times");
    let path = folder.at("file");
    let times = |accessed, modified| Times { accessed, modified };
    let late = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
    let early = UNIX_EPOCH - Duration::new(5, 250_000_000);
    run(async {
        fs::write(&path, "x").await.0.unwrap();
        fs::set_times(&path, times(Some(late), Some(early)))
            .await
            .unwrap();
        let found = fs::metadata(&path).await.unwrap();
        assert_eq!((found.accessed(), found.modified()), (late, early));
        let file = File::open(&path).await.unwrap();
        file.set_times(times(None, Some(late))).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), late);
        fs::symlink("file", folder.at("link")).await.unwrap();
        fs::set_symlink_times(folder.at("link"), times(None, Some(early)))
            .await
            .unwrap();
        let link = fs::symlink_metadata(folder.at("link")).await.unwrap();
        assert_eq!(link.modified(), early);
        assert_eq!(fs::metadata(&path).await.unwrap().modified(), late);
        let error = fs::set_times(folder.at("none"), times(None, Some(late)))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn metadata_agrees_with_the_standard_library() {
    let folder = Folder::new("agrees");
    let path = folder.at("file");
    std::fs::write(&path, "contents").unwrap();
    std::fs::hard_link(&path, folder.at("second")).unwrap();
    std::os::unix::fs::symlink("file", folder.at("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.at("socket")).unwrap();
    run(async {
        let (ours, theirs) = (
            fs::metadata(&path).await.unwrap(),
            std::fs::metadata(&path).unwrap(),
        );
        assert_eq!(ours.device(), theirs.dev());
        assert_eq!(ours.inode(), theirs.ino());
        assert_eq!(u64::from(ours.links()), theirs.nlink());
        assert_eq!(ours.mode(), theirs.mode());
        assert_eq!(ours.blocks(), theirs.blocks());
        assert_eq!(u64::from(ours.block_size()), theirs.blksize());
        assert_eq!(ours.modified(), theirs.modified().unwrap());
        assert!(ours.changed() <= SystemTime::now() + Duration::from_secs(1));
        assert!(
            fs::symlink_metadata(folder.at("link"))
                .await
                .unwrap()
                .is_symlink()
        );
        let kind = async |path| fs::metadata(path).await.unwrap().file_type();
        assert_eq!(kind(folder.at("socket")).await, FileType::Socket);
        assert_eq!(kind("/dev/null".into()).await, FileType::CharDevice);
        let null = fs::metadata("/dev/null").await.unwrap();
        assert_eq!(
            null.device_itself(),
            std::fs::metadata("/dev/null").unwrap().rdev()
        );
    });
}

#[test]
fn what_may_be_done_and_what_is_there_is_told() {
    let folder = Folder::new("access");
    let path = folder.at("file");
    run(async {
        fs::write(&path, "x").await.0.unwrap();
        fs::set_permissions(&path, 0o400).await.unwrap();
        fs::access(&path, Access::default()).await.unwrap();
        let run = Access {
            execute: true,
            ..Access::default()
        };
        let error = fs::access(&path, run).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(fs::exists(&path).await.unwrap());
        fs::symlink("nowhere", folder.at("link")).await.unwrap();
        assert!(!fs::exists(folder.at("link")).await.unwrap());
        let through = fs::exists(path.join("below")).await.unwrap_err();
        assert_eq!(through.kind(), ErrorKind::NotADirectory);
        fs::create_dir(folder.at("dir")).await.unwrap();
        let real = std::fs::canonicalize(&path).unwrap();
        assert_eq!(
            fs::canonicalize(folder.at("dir/../file")).await.unwrap(),
            real
        );
        let error = fs::canonicalize(folder.at("none")).await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("ENOENT: no such file or directory, realpath '")
        );
        let system = fs::file_system(&path).await.unwrap();
        assert!(system.block_size() > 0 && system.blocks_available() <= system.blocks());
        let error = fs::file_system(folder.at("none")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}
