//! Receives from a socket into a pool's blocks and cuts the lines out without a copy.
//!
//! The lines are handed to another thread; dropped there, their blocks come back to the pool.

#![expect(clippy::print_stdout, reason = "a program shows what it did")]

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use synodic_buffers::{BlockPool, Buffer};

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    client.write_all(b"first\nsecond\nthird\n")?;
    drop(client);
    let (server, _) = listener.accept()?;

    let (sender, receiver) = mpsc::channel::<Buffer>();
    let printer = thread::spawn(move || {
        for line in receiver {
            println!("{}", line.escape_ascii());
        }
    });

    let pool = BlockPool::new();
    let mut rest = Buffer::new();
    loop {
        // A line may go on in the next block: its beginning moves there. One that is longer than a
        // block ends the program.
        let mut block = pool.block();
        block.put(&rest);
        let room = (block.capacity() - block.len()) as u64;
        // A completion operation would fill the block itself, through `IoBufMut`.
        if io::copy(&mut (&server).take(room), &mut block)? == 0 {
            break;
        }
        rest = block.into_buffer();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = rest.split_to(end);
            rest.advance(1);
            sender
                .send(line)
                .expect("the printer runs until the sender is dropped");
        }
    }
    drop(sender);
    printer.join().expect("the printer does not panic");
    println!("{:?}", pool.stats());
    Ok(())
}
