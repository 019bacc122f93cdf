//! An echo server on a bare ring: the limit that a runtime on io_uring can reach.
//!
//! SINGLE_ISSUER and DEFER_TASKRUN, the ring's own descriptor registered, multishot accept,
//! multishot receive into a ring of provided buffers, and one send for each receive from the
//! buffer that came. No futures, no callbacks, nothing allocated while it runs.

mod buffers;

use std::io;
use std::net::TcpListener;
use std::os::fd::AsRawFd;

use buffers::Buffers;
use io_uring::squeue::Entry;
use io_uring::{IoUring, cqueue, opcode, types};

const ENTRIES: u32 = 4096;

/// What an operation is, in the top bits of its user data.
const ACCEPT: u64 = 1 << 62;
const RECEIVE: u64 = 2 << 62;
const SEND: u64 = 3 << 62;
const KIND: u64 = 3 << 62;

fn main() -> io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("listening {}", listener.local_addr()?.port());
    let mut ring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_submit_all()
        .setup_cqsize(ENTRIES * 4)
        .build(ENTRIES)?;
    let mut buffers = Buffers::new();
    buffers.register(&ring)?;
    serve(&mut ring, &mut buffers, &listener)
}

fn serve(ring: &mut IoUring, buffers: &mut Buffers, listener: &TcpListener) -> io::Result<()> {
    // The registered descriptor is known to one `Submitter` only, so that one is kept.
    let (mut submitter, mut submission, mut completion) = ring.split();
    submitter.register_ring_fd()?;
    let mut push = |entry: &Entry| {
        // SAFETY: sends read from `buffers`, which lives as long as the process; accept and
        // receive name no memory of ours.
        let pushed = unsafe { submission.push(entry) };
        pushed.map_err(|_| io::Error::other("the submission queue is full"))?;
        submission.sync();
        io::Result::Ok(())
    };
    push(&accept(listener))?;
    loop {
        submitter.submit_and_wait(1)?;
        completion.sync();
        for entry in &mut completion {
            let token = entry.user_data();
            let fd = token as u32 as i32;
            let more = cqueue::more(entry.flags());
            match token & KIND {
                ACCEPT => {
                    if entry.result() >= 0 {
                        push(&receive(entry.result()))?;
                    }
                    if !more {
                        push(&accept(listener))?;
                    }
                }
                RECEIVE => {
                    let buffer = cqueue::buffer_select(entry.flags());
                    match (entry.result(), buffer) {
                        (length @ 1.., Some(id)) => push(&send(fd, buffers, id, length as u32))?,
                        (result, _) if result == -libc::ENOBUFS => {}
                        _ => {
                            close(fd);
                            continue;
                        }
                    }
                    if !more {
                        push(&receive(fd))?;
                    }
                }
                _ => buffers.put((token >> 32 & 0xffff) as u16),
            }
        }
    }
}

fn accept(listener: &TcpListener) -> Entry {
    opcode::AcceptMulti::new(types::Fd(listener.as_raw_fd()))
        .build()
        .user_data(ACCEPT)
}

fn receive(fd: i32) -> Entry {
    opcode::RecvMulti::new(types::Fd(fd), buffers::GROUP)
        .build()
        .user_data(RECEIVE | fd as u64)
}

/// Sends what was received; the load never has two messages under way on a connection.
fn send(fd: i32, buffers: &Buffers, id: u16, length: u32) -> Entry {
    opcode::Send::new(types::Fd(fd), buffers.address(id), length)
        .flags(libc::MSG_WAITALL | libc::MSG_NOSIGNAL)
        .build()
        .user_data(SEND | u64::from(id) << 32 | fd as u64)
}

fn close(fd: i32) {
    // SAFETY: the connection has no operation in flight any more, and nobody else has its number.
    unsafe { libc::close(fd) };
}
