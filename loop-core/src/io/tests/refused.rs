//! Goal: a machine that forbids io_uring gets epoll and hears why; one that forbids both gets an
//! error that names both. Method: real seccomp filters, each on a thread of its own.

use super::*;

/// A system call and the error that a filter answers it with.
struct Rule {
    call: libc::c_long,
    errno: i32,
}

/// Makes the kernel refuse `rules` to the calling thread, for the rest of its life.
fn forbid(rules: &[Rule]) {
    let statement = |code: u32, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    // Load the number of the call; for each rule: equal, answer the error; else allow.
    let mut program = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for rule in rules {
        let number = u32::try_from(rule.call).unwrap();
        let compare = statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number);
        program.push(libc::sock_filter { jf: 1, ..compare });
        let answer = libc::SECCOMP_RET_ERRNO | rule.errno.cast_unsigned();
        program.push(statement(libc::BPF_RET | libc::BPF_K, answer));
    }
    program.push(statement(
        libc::BPF_RET | libc::BPF_K,
        libc::SECCOMP_RET_ALLOW,
    ));
    let filter = libc::sock_fprog {
        len: u16::try_from(program.len()).unwrap(),
        filter: program.as_mut_ptr(),
    };
    // SAFETY: the call takes numbers only.
    let done = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(done, 0);
    // SAFETY: `filter` and the program behind it are alive for the call, which copies them.
    let done = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter) };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

/// What comes of `choice` under `rules`: the driver's description, or the error.
fn open_under(
    rules: &'static [Rule],
    choice: DriverChoice,
) -> Result<(DriverKind, String), String> {
    std::thread::spawn(move || {
        forbid(rules);
        let options = IoOptions {
            choice,
            ..IoOptions::default()
        };
        let io = Io::new(options, Arc::new(Mail::default())).map_err(|error| error.to_string())?;
        Ok((io.info().kind(), io.info().to_string()))
    })
    .join()
    .unwrap()
}

const NO_RING: &[Rule] = &[Rule {
    call: libc::SYS_io_uring_setup,
    errno: libc::EPERM,
}];
const NO_RING_KNOWN: &[Rule] = &[Rule {
    call: libc::SYS_io_uring_setup,
    errno: libc::ENOSYS,
}];
const NOTHING: &[Rule] = &[
    Rule {
        call: libc::SYS_io_uring_setup,
        errno: libc::EPERM,
    },
    Rule {
        call: libc::SYS_epoll_create1,
        errno: libc::EMFILE,
    },
];

#[test]
fn a_forbidden_ring_falls_back_to_epoll_and_says_why() {
    if std::env::var_os("SYNODIC_DRIVER").is_some() {
        // The variable takes the choice away; it is tested on its own.
        return;
    }
    let (kind, text) = open_under(NO_RING, DriverChoice::Auto).unwrap();
    assert_eq!(kind, DriverKind::Epoll);
    assert!(text.contains("Operation not permitted"), "{text}");
    let (kind, text) = open_under(NO_RING_KNOWN, DriverChoice::Auto).unwrap();
    assert_eq!(kind, DriverKind::Epoll);
    assert!(text.contains("Function not implemented"), "{text}");
}

#[test]
fn a_forbidden_ring_that_was_asked_for_is_an_error() {
    let text = open_under(NO_RING, DriverChoice::IoUring).unwrap_err();
    assert!(text.contains("io_uring: io_uring_setup was refused: Operation not permitted"));
}

#[test]
fn a_machine_without_any_driver_hears_what_was_tried() {
    if std::env::var_os("SYNODIC_DRIVER").is_some() {
        return;
    }
    let text = open_under(NOTHING, DriverChoice::Auto).unwrap_err();
    assert!(text.contains("io_uring: io_uring_setup was refused: Operation not permitted"));
    assert!(text.contains("epoll: Too many open files"), "{text}");
}
