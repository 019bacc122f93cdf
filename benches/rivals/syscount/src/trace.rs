//! Following a program from system call to system call.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

/// Where between the marks the program is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Between,
    After,
}

/// Runs the program to its end; the number of calls between the marks, when there were two.
pub fn count(program: &OsStr, args: &[OsString]) -> io::Result<Option<u64>> {
    let mut command = Command::new(program);
    command.args(args);
    // SAFETY: ptrace(TRACEME) is one system call; it neither allocates nor takes a lock.
    unsafe { command.pre_exec(trace_me) };
    let child = command.spawn()?;
    let first = child.id() as i32;
    wait(first)?;
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
    request(libc::PTRACE_SETOPTIONS, first, options as usize)?;
    resume(first, 0)?;
    let (mut stage, mut calls) = (Stage::Before, 0);
    loop {
        let (thread, status) = wait(-1)?;
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            if thread == first {
                return Ok((stage == Stage::After).then_some(calls));
            }
            continue;
        }
        let signal = libc::WSTOPSIG(status);
        let at_call = signal == libc::SIGTRAP | 0x80;
        if at_call && let Some(number) = entered(thread)? {
            stage = match (stage, number == libc::SYS_getppid as u64) {
                (Stage::Before, true) => Stage::Between,
                (Stage::Between, true) => Stage::After,
                (stage, _) => stage,
            };
            let is_mark = number == libc::SYS_getppid as u64;
            calls += u64::from(stage == Stage::Between && !is_mark);
        }
        // The stops of ptrace itself are no signals for the program.
        let internal = at_call || signal == libc::SIGTRAP || signal == libc::SIGSTOP;
        resume(thread, if internal { 0 } else { signal })?;
    }
}

fn trace_me() -> io::Result<()> {
    request(libc::PTRACE_TRACEME, 0, 0)
}

/// The number of the call that the thread enters; none when it leaves one.
fn entered(thread: i32) -> io::Result<Option<u64>> {
    // SAFETY: all zeros is a value of this plain structure.
    let mut info: libc::ptrace_syscall_info = unsafe { std::mem::zeroed() };
    let size = size_of_val(&info);
    let data = ptr::from_mut(&mut info);
    // SAFETY: `data` has room for as many bytes as is said.
    let filled = unsafe { libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, thread, size, data) };
    if filled < 0 {
        return Err(io::Error::last_os_error());
    }
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: at an entry the kernel fills in this variant.
    Ok(Some(unsafe { info.u.entry.nr }))
}

fn resume(thread: i32, signal: i32) -> io::Result<()> {
    match request(libc::PTRACE_SYSCALL, thread, signal as usize) {
        // It was killed meanwhile; the next wait tells.
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        result => result,
    }
}

fn request(what: libc::c_uint, thread: i32, data: usize) -> io::Result<()> {
    // SAFETY: none of the requests made here reads or writes memory of this process.
    let result = unsafe { libc::ptrace(what, thread, ptr::null_mut::<libc::c_void>(), data) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn wait(thread: i32) -> io::Result<(i32, i32)> {
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    let waited = unsafe { libc::waitpid(thread, &mut status, libc::__WALL) };
    if waited < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok((waited, status))
    }
}
