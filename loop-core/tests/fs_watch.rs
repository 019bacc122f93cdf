//! Goal: watchers tell what changes, by name, also in folders that come later. Method: real
//! changes on the driver of this run.

#[path = "common/folder.rs"]
mod folder;

use std::future::poll_fn;
use std::io::ErrorKind;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use folder::Folder;
use synodic_loop::EventLoop;
use synodic_loop::fs::{self, WatchEvent, Watcher};

fn run<F: Future>(future: F) -> F::Output {
    EventLoop::new().unwrap().block_on(future).unwrap()
}

fn renamed(path: impl AsRef<Path>) -> WatchEvent {
    let path = path.as_ref().to_owned();
    WatchEvent::Rename { path }
}

fn changed(path: impl AsRef<Path>) -> WatchEvent {
    let path = path.as_ref().to_owned();
    WatchEvent::Change { path }
}

/// Takes events until `event` comes.
async fn until(watcher: &mut Watcher, event: WatchEvent) {
    while watcher.next().await.unwrap() != event {}
}

#[test]
fn a_folder_tells_names_and_changes_in_order() {
    let folder = Folder::new("watched");
    run(async {
        let mut watcher = Watcher::new(folder.path()).await.unwrap();
        fs::write(folder.at("file"), "x").await.0.unwrap();
        fs::rename(folder.at("file"), folder.at("other"))
            .await
            .unwrap();
        fs::remove_file(folder.at("other")).await.unwrap();
        let mut events = Vec::new();
        for _ in 0..5 {
            events.push(watcher.next().await.unwrap());
        }
        let expected = [
            renamed("file"),
            changed("file"),
            renamed("file"),
            renamed("other"),
            renamed("other"),
        ];
        assert_eq!(events, expected);
    });
}

#[test]
fn a_file_is_told_by_its_own_name() {
    let folder = Folder::new("watched-file");
    run(async {
        fs::write(folder.at("file"), "x").await.0.unwrap();
        let mut watcher = Watcher::new(folder.at("file")).await.unwrap();
        fs::append(folder.at("file"), "y").await.0.unwrap();
        assert_eq!(watcher.next().await.unwrap(), changed("file"));
        fs::remove_file(folder.at("file")).await.unwrap();
        until(&mut watcher, renamed("file")).await;
        let error = Watcher::new(folder.at("none")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(
            error
                .to_string()
                .starts_with("ENOENT: no such file or directory, watch '")
        );
    });
}

#[test]
fn folders_that_come_later_are_watched_with_what_they_hold() {
    let folder = Folder::new("watched-tree");
    let outside = Folder::new("outside");
    std::fs::create_dir_all(folder.at("old/deep")).unwrap();
    std::fs::create_dir_all(outside.at("new/deep")).unwrap();
    std::fs::write(outside.at("new/deep/before"), "").unwrap();
    run(async {
        let mut watcher = Watcher::recursive(folder.path()).await.unwrap();
        fs::write(folder.at("old/deep/file"), "x").await.0.unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("old/deep/file"));
        assert_eq!(watcher.next().await.unwrap(), changed("old/deep/file"));
        fs::rename(outside.at("new"), folder.at("new"))
            .await
            .unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("new"));
        assert_eq!(watcher.next().await.unwrap(), renamed("new/deep"));
        assert_eq!(watcher.next().await.unwrap(), renamed("new/deep/before"));
        fs::write(folder.at("new/deep/after"), "x").await.0.unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("new/deep/after"));
        fs::remove_dir_all(folder.at("new")).await.unwrap();
        until(&mut watcher, renamed("new")).await;
    });
}

#[test]
fn folders_that_move_are_told_of_by_where_they_are() {
    let folder = Folder::new("watched-moves");
    let outside = Folder::new("moved-out");
    std::fs::create_dir_all(folder.at("a/deep")).unwrap();
    std::fs::create_dir_all(folder.at("b")).unwrap();
    run(async {
        let mut watcher = Watcher::recursive(folder.path()).await.unwrap();
        fs::rename(folder.at("a"), folder.at("b/c")).await.unwrap();
        until(&mut watcher, renamed("b/c/deep")).await;
        fs::create_dir(folder.at("b/c/deep/x")).await.unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("b/c/deep/x"));
        fs::rename(folder.at("b/c"), outside.at("c")).await.unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("b/c"));
        fs::create_dir(outside.at("c/deep/unseen")).await.unwrap();
        fs::create_dir(folder.at("seen")).await.unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("seen"));
    });
}

#[test]
fn a_dropped_wait_loses_no_event() {
    let folder = Folder::new("watched-drop");
    run(async {
        let mut watcher = Watcher::new(folder.path()).await.unwrap();
        {
            let mut next = pin!(watcher.next());
            let pending = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await;
            assert!(pending);
        }
        fs::create_dir(folder.at("dir")).await.unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("dir"));
    });
}

#[test]
fn changes_that_come_too_fast_are_told_to_be_lost() {
    const LIMIT: &str = "/proc/sys/fs/inotify/max_queued_events";
    let limit = std::fs::read_to_string(LIMIT).unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    if limit > 50_000 {
        eprintln!("SKIPPED: {LIMIT} is {limit}, too many events for a short test");
        return;
    }
    let folder = Folder::new("watched-fast");
    let outside = Folder::new("watched-fast-source");
    let (source, link) = (outside.at("file"), folder.at("link"));
    std::fs::write(&source, "").unwrap();
    run(async {
        let mut watcher = Watcher::new(folder.path()).await.unwrap();
        for _ in 0..=limit / 2 {
            std::fs::hard_link(&source, &link).unwrap();
            std::fs::remove_file(&link).unwrap();
        }
        let mut count = 0;
        while watcher.next().await.unwrap() != WatchEvent::Overflow {
            count += 1;
        }
        assert!(count <= limit, "{count} events");
        fs::create_dir(folder.at("after")).await.unwrap();
        assert_eq!(watcher.next().await.unwrap(), renamed("after"));
    });
}
