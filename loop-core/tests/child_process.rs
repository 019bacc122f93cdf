//! Goal: processes are started as asked, and their ends are events. Method: real programs of every
//! system (`sh`, `cat`, `true`), on whichever driver `SYNODIC_DRIVER` names.

use std::future::Future;
use std::io::{ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use synodic_loop::child_process::{Command, OutputError, OutputStream, Stdio};
use synodic_loop::{EventLoop, RunMode, SignalKind};

fn block_on(future: impl Future<Output = ()> + 'static) {
    let mut event_loop = EventLoop::new().unwrap();
    event_loop.block_on(future).unwrap();
}

fn sh(script: &str) -> Command {
    Command::new("sh").arg("-c").arg(script)
}

/// Whether the process is gone, and not a zombie either.
fn is_gone(pid: u32) -> bool {
    std::fs::metadata(format!("/proc/{pid}")).is_err()
}

#[test]
fn codes_and_signals_are_told_apart() {
    block_on(async {
        let status = sh("exit 3").spawn().unwrap().wait().await.unwrap();
        assert_eq!((status.code(), status.signal()), (Some(3), None));
        let child = sh("kill -USR1 $$").spawn().unwrap();
        let status = child.wait().await.unwrap();
        assert_eq!(status.code(), None);
        assert_eq!(status.signal(), Some(SignalKind::USER1.number()));
        // Once more, and by whoever asks later.
        assert_eq!(child.wait().await.unwrap(), status);
        assert_eq!(child.exit_status(), Some(status));
        assert!(is_gone(child.pid()));
        let late = child.kill(SignalKind::TERMINATE).unwrap_err();
        assert_eq!(late.raw_os_error(), Some(libc::ESRCH));
    });
}

#[test]
fn what_cannot_be_started_is_an_error() {
    block_on(async {
        let missing = Command::new("/nowhere/at/all").spawn().unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let folder = Command::new("/").spawn().unwrap_err();
        assert_eq!(folder.kind(), ErrorKind::PermissionDenied);
        let nul = Command::new("true").arg("a\0b").spawn().unwrap_err();
        assert_eq!(nul.kind(), ErrorKind::InvalidInput);
        let nowhere = Command::new("true").current_dir("/nowhere").spawn();
        assert_eq!(nowhere.unwrap_err().kind(), ErrorKind::NotFound);
        let fd = || std::io::pipe().unwrap().0.into();
        for command in [
            Command::new("true").fd(2, fd()),
            Command::new("true").fd(5, fd()).fd(5, fd()),
        ] {
            let error = command.spawn().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
        let last = Command::new("true").fd(i32::MAX, fd()).spawn().unwrap_err();
        assert_eq!(last.kind(), ErrorKind::InvalidInput);
        // Where the standard library would tell of it, were the number not taken first.
        let (mut output, input) = std::io::pipe().unwrap();
        let numbers = (3..64)
            .filter(|number| std::fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_err());
        for number in numbers.take(8) {
            let fd = input.try_clone().unwrap().into();
            let missing = Command::new("/nowhere/at/all").fd(number, fd).spawn();
            assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
        }
        drop(input);
        let mut written = Vec::new();
        std::io::Read::read_to_end(&mut output, &mut written).unwrap();
        assert!(written.is_empty(), "{written:?}");
    });
}

#[test]
fn arguments_environment_and_folder_arrive() {
    block_on(async {
        let output = Command::new("sh")
            .arg0("a name")
            .args(["-c", "echo $0 $1 $NAME $GONE; pwd", "zero", "one two"])
            .env("NAME", "value")
            .env("GONE", "x")
            .env_remove("GONE")
            .current_dir("/")
            .output(1000)
            .await
            .unwrap();
        assert_eq!(output.stdout, *b"zero one two value\n/\n");
        let output = Command::new("/usr/bin/env").env_clear().output(1000).await;
        assert!(output.unwrap().stdout.is_empty());
    });
}

#[test]
fn descriptors_are_passed_by_number() {
    block_on(async {
        let (mut outputs, inputs): (Vec<_>, Vec<_>) =
            (0..3).map(|_| std::io::pipe().unwrap()).unzip();
        // Numbers that this process uses for something else, and in each other's place.
        let mut command = sh("echo three >&3; echo four >&4; echo nine >&9");
        for (number, input) in [4, 3, 9].into_iter().zip(inputs) {
            command = command.fd(number, input.into());
        }
        let child = command.spawn().unwrap();
        assert!(child.wait().await.unwrap().success());
        for (output, expected) in outputs.iter_mut().zip(["four\n", "three\n", "nine\n"]) {
            let mut text = String::new();
            std::io::Read::read_to_string(output, &mut text).unwrap();
            assert_eq!(text, expected);
        }
    });
}

#[test]
fn pipes_carry_more_than_they_hold() {
    const BYTES: usize = 1 << 20;
    block_on(async {
        let command = Command::new("cat").stdin(Stdio::Piped).stdout(Stdio::Piped);
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let writing = synodic_loop::spawn_local(async move {
            let bytes: Vec<u8> = (0..BYTES).map(|index| (index % 251) as u8).collect();
            input.write_all(bytes).await.0.unwrap();
        });
        let all = output.read_to_end(BYTES).await.unwrap();
        writing.await.unwrap();
        assert_eq!(all.len(), BYTES);
        assert!((0..BYTES).all(|index| all[index] == (index % 251) as u8));
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn output_has_a_bound() {
    block_on(async {
        let output = sh("echo out; echo err >&2; exit 4")
            .output(4)
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(4));
        assert_eq!(
            (&output.stdout[..], &output.stderr[..]),
            (&b"out\n"[..], &b"err\n"[..])
        );
        let error = sh("exec cat /dev/zero >&2")
            .output(100_000)
            .await
            .unwrap_err();
        let OutputError::TooLong { stream, bytes_max } = error else {
            panic!("{error:?}");
        };
        assert_eq!((stream, bytes_max), (OutputStream::Stderr, 100_000));
        let empty = Command::new("cat").stdin(Stdio::Piped).output(10).await;
        assert!(empty.unwrap().stdout.is_empty());
        let error = Command::new("/nowhere").output(1).await.unwrap_err();
        assert!(matches!(error, OutputError::Spawn(_)), "{error:?}");
    });
}

#[test]
fn a_child_that_runs_too_long_gets_its_signal() {
    block_on(async {
        let limit = Duration::from_millis(20);
        let command = sh("exec sleep 600").timeout(limit, SignalKind::KILL);
        let status = command.spawn().unwrap().wait().await.unwrap();
        assert_eq!(status.signal(), Some(SignalKind::KILL.number()));
        // One that is done in time does not, and its timer does not hold the loop.
        let begun = Instant::now();
        let command = sh("exit 0").timeout(Duration::from_secs(600), SignalKind::KILL);
        assert!(command.spawn().unwrap().wait().await.unwrap().success());
        let command = sh("exit 0").timeout(Duration::MAX, SignalKind::KILL);
        assert!(command.spawn().unwrap().wait().await.unwrap().success());
        assert!(begun.elapsed() < Duration::from_secs(300));
    });
}

#[test]
fn signals_reach_the_child() {
    block_on(async {
        let script = "trap 'echo heard; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
        let mut child = sh(script).stdout(Stdio::Piped).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let (read, bytes) = output.read(Vec::with_capacity(64)).await;
        assert_eq!((read.unwrap(), &bytes[..]), (6, &b"ready\n"[..]));
        child.kill(SignalKind::TERMINATE).unwrap();
        assert_eq!(output.read_to_end(64).await.unwrap(), *b"heard\n");
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn a_child_keeps_the_loop_alive_until_it_ends_or_is_let_go() {
    let mut event_loop = EventLoop::new().unwrap();
    let started = event_loop.block_on(async {
        let command = Command::new("cat").stdin(Stdio::Piped).stdout(Stdio::Null);
        command.spawn()
    });
    let mut child = started.unwrap().unwrap();
    child.unref();
    assert!(!event_loop.run_mode(RunMode::Default));
    assert_eq!(child.exit_status(), None);
    child.r#ref();
    // Its input ends, and so does it.
    drop(child.stdin.take());
    assert!(!event_loop.run_mode(RunMode::Default));
    assert!(child.exit_status().unwrap().success());
}

#[test]
fn a_dropped_child_is_collected() {
    block_on(async {
        let mut child = Command::new("cat").stdin(Stdio::Piped).spawn().unwrap();
        let (pid, mut input) = (child.pid(), child.stdin.take());
        drop(child);
        assert!(!is_gone(pid));
        input.take();
        while !is_gone(pid) {
            synodic_loop::immediate().await;
        }
    });
}

#[test]
fn a_detached_child_leads_its_session() {
    block_on(async {
        // Field 6 of its line is the session.
        let script = "read -r line < /proc/$$/stat; set -- ${line##*)}; echo $$ $4";
        for detached in [false, true] {
            let output = sh(script).detached(detached).output(100).await.unwrap();
            let text = String::from_utf8(output.stdout.to_vec()).unwrap();
            let (pid, session) = text.trim().split_once(' ').unwrap();
            assert_eq!(pid == session, detached, "{text}");
        }
    });
}

#[test]
fn a_descriptor_can_be_a_standard_stream() {
    block_on(async {
        let (output, input) = std::io::pipe().unwrap();
        let (mut to_child, from_us) = std::io::pipe().map(|(r, w)| (w, r)).unwrap();
        let command = Command::new("cat")
            .stdin(Stdio::Fd(from_us.into()))
            .stdout(Stdio::Fd(input.into()));
        let child = command.spawn().unwrap();
        to_child.write_all(b"through").unwrap();
        drop(to_child);
        assert!(child.wait().await.unwrap().success());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut { output }, &mut text).unwrap();
        assert_eq!(text, "through");
    });
}
