//! Goal: a full disk is told, and what was written before it stays. Method: the device that is
//! always full, and a tmpfs of 64 KiB where mounting is permitted.

#[path = "common/folder.rs"]
mod folder;

use std::io::ErrorKind;

use folder::Folder;
use rustix::mount::{MountFlags, UnmountFlags};
use synodic_loop::EventLoop;
use synodic_loop::fs::{self, File};

const DISK_BYTES: u64 = 64 * 1024;

fn run<F: Future>(future: F) -> F::Output {
    EventLoop::new().unwrap().block_on(future).unwrap()
}

/// A small disk, unmounted at the end.
struct Disk(Folder);

impl Disk {
    /// `None` where mounting is not permitted.
    fn mount(name: &str) -> Option<Self> {
        let folder = Folder::new(name);
        let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
        let mounted = rustix::mount::mount("tmpfs", folder.path(), "tmpfs", flags, c"size=64k");
        if let Err(error) = mounted {
            eprintln!("SKIPPED: no tmpfs can be mounted here: {error}");
            return None;
        }
        Some(Self(folder))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = rustix::mount::unmount(self.0.path(), UnmountFlags::DETACH);
    }
}

#[test]
fn a_full_device_refuses_every_kind_of_write() {
    run(async {
        let mut file = File::options().write(true).open("/dev/full").await.unwrap();
        let full = |result: std::io::Result<usize>| {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::StorageFull);
        };
        let (result, bytes) = file.write("x").await;
        assert_eq!(bytes, "x");
        full(result);
        full(file.write_at("x", 0).await.0);
        full(file.write_vectored(vec!["x", "y"]).await.0);
        full(file.write_vectored_at(vec!["x", "y"], 0).await.0);
        let error = file.write_all("x").await.0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    });
}

#[test]
fn a_disk_that_fills_up_keeps_what_fits() {
    let Some(disk) = Disk::mount("full-disk") else {
        return;
    };
    let source = Folder::new("full-source");
    run(async {
        let contents = vec![7_u8; 2 * DISK_BYTES as usize];
        let (result, contents) = fs::write(disk.0.at("file"), contents).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::StorageFull);
        let kept = fs::read(disk.0.at("file")).await.unwrap();
        assert!(!kept.is_empty() && contents.starts_with(&kept));
        fs::truncate(disk.0.at("file"), 0).await.unwrap();
        fs::write(source.at("file"), contents).await.0.unwrap();
        let error = fs::copy(source.at("file"), disk.0.at("copy"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        // Half a copy is not left behind, and its room is free again.
        assert!(!fs::exists(disk.0.at("copy")).await.unwrap());
        fs::write(disk.0.at("file"), vec![1; 4096]).await.0.unwrap();
    });
}
