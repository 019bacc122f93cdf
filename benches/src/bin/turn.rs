//! Turns of the loop with nothing but an immediate, between two marks for the counter of
//! system calls. The mark is one that the loop never makes: getppid.
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Instant;

use synodic_benches::{argument, report};
use synodic_loop::{EventLoop, Handle};

/// Turns before the first mark.
const WARM_UP: u32 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let turns = argument(100_000_u32);
    EventLoop::new()?.run(move || warm_up(WARM_UP, turns));
    Ok(())
}

fn warm_up(left: u32, turns: u32) {
    Handle::current().set_immediate(move || {
        if left == 0 {
            mark();
            turn(turns, turns, Instant::now());
        } else {
            warm_up(left - 1, turns);
        }
    });
}

fn turn(left: u32, turns: u32, start: Instant) {
    Handle::current().set_immediate(move || {
        if left == 0 {
            mark();
            report("turn", start.elapsed(), turns as usize);
        } else {
            turn(left - 1, turns, start);
        }
    });
}

fn mark() {
    let _parent = rustix::process::getppid();
}
