//! Goal: running out of descriptors is an error that passes. Method: a lower limit in a process
//! of its own, because the limit is the process's.

use std::net::Ipv4Addr;
use std::process::Command;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::*;
use crate::net::TcpListener as Listener;

/// Set in a process for one test.
const MARK: &str = "SYNODIC_TEST_LIMITED";

/// Whether this is the process for the test `name` alone. Else one is made, and its verdict is
/// this test's.
pub(super) fn is_alone(name: &str) -> bool {
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads", "1", "--nocapture"])
        .env(MARK, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    false
}

#[test]
fn accepting_goes_on_after_descriptors_ran_out() {
    if !is_alone("io::tests::limits::accepting_goes_on_after_descriptors_ran_out") {
        return;
    }
    for choice in [DriverChoice::IoUring, DriverChoice::Epoll] {
        accept_without_descriptors(choice);
    }
}

fn accept_without_descriptors(choice: DriverChoice) {
    // The ring looks at the limit when an accept is submitted.
    let limit = Rlimit {
        current: Some(64),
        maximum: Some(64),
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    let rig = Rig::new(IoOptions {
        choice,
        ..IoOptions::default()
    });
    let before = open_descriptors();
    rig.block_on(async {
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut incoming = listener.incoming();
        let first = TcpStream::connect(address).unwrap();
        let accepted = incoming.next().await.unwrap().unwrap();
        let second = TcpStream::connect(address).unwrap();
        let full = fill_descriptors();
        let error = incoming.next().await.unwrap().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
        assert!(
            rig.io.active_requests() > 0,
            "a starved listener keeps the loop alive"
        );
        // A descriptor of this loop is closed: accepting goes on at once.
        drop(accepted);
        let accepted = incoming.next().await.unwrap().unwrap();
        assert_eq!(accepted.peer_addr().unwrap(), second.local_addr().unwrap());
        // Descriptors come back that the loop knows nothing of: accepting goes on after a moment.
        drop(full);
        let third = TcpStream::connect(address).unwrap();
        // Accepting needs a number before it looks for a connection: it may have failed meanwhile.
        while let Err(error) = incoming.next().await.unwrap() {
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
        }
        drop((first, second, third));
    });
    rig.settle();
    assert_eq!(open_descriptors(), before);
}

/// Opens descriptors until there are no more.
fn fill_descriptors() -> Vec<std::fs::File> {
    let mut files = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        files.push(file);
    }
    files
}
