//! Counts the system calls of a program between two marks.
//!
//! `syscount PROGRAM ARGS...` runs the program under ptrace. The mark is the system call
//! `getppid`, which a program makes twice: around what is to be counted. All threads that run
//! between the marks are counted, the marks themselves are not. Prints `{"calls":N}` on
//! standard error at the end, because standard output is the program's.

mod trace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let Some((program, rest)) = args.split_first() else {
        eprintln!("usage: syscount PROGRAM ARGS...");
        return ExitCode::from(2);
    };
    match trace::count(program, rest) {
        Ok(Some(calls)) => {
            eprintln!("{{\"calls\":{calls}}}");
            ExitCode::SUCCESS
        }
        Ok(None) => {
            eprintln!("syscount: the program did not make the mark twice");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("syscount: {error}");
            ExitCode::FAILURE
        }
    }
}
