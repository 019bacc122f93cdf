//! Goal: processes leave nothing behind. Method: one test alone in its process counts descriptors
//! and children.

use std::path::Path;

use synodic_loop::EventLoop;
use synodic_loop::child_process::{Command, Stdio};
use synodic_loop::pipe::pipe;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn children() -> String {
    let thread = Path::new("/proc/thread-self/children");
    std::fs::read_to_string(thread).unwrap()
}

#[test]
fn processes_leave_no_descriptor_and_no_zombie() {
    let before = descriptors();
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        for round in 0..30 {
            let fd = std::io::pipe().unwrap().0.into();
            let command = Command::new("cat").stdin(Stdio::Piped).stdout(Stdio::Piped);
            let child = command.stderr(Stdio::Piped).fd(7, fd).spawn().unwrap();
            if round % 3 == 0 {
                // Its input ends with the handle, and nobody waits.
                drop(child);
                continue;
            }
            let mut child = child;
            drop(child.stdin.take());
            assert!(child.wait().await.unwrap().success());
        }
        for _ in 0..10 {
            let missing = Command::new("/nowhere").stdin(Stdio::Piped).spawn();
            assert!(missing.is_err());
            let (reader, writer) = pipe().unwrap();
            drop(reader.read(vec![0; 8]));
            drop(writer);
        }
        while !children().is_empty() {
            synodic_loop::immediate().await;
        }
    });
    done.unwrap();
    drop(event_loop);
    assert_eq!(descriptors(), before);
}
