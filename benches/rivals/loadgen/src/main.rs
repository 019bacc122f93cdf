//! A closed-loop load generator: each connection asks again as soon as it has its answer.
//!
//! One thread on one io_uring, so that the load costs little beside the server it measures.
//! Prints one line of JSON: requests, seconds, the server's CPU time, latencies.

mod args;
mod connection;
mod cpu;
mod histogram;

use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use args::Args;
use connection::Connection;
use histogram::Histogram;
use io_uring::{IoUring, opcode, types};

/// Time before counting starts; every connection has had answers by then.
const WARM_UP: Duration = Duration::from_millis(60);

/// Set in an operation's user data when it is a send.
const SEND: u64 = 1 << 32;

fn main() {
    let outcome = Args::parse(std::env::args().skip(1)).and_then(|args| run(&args));
    if let Err(error) = outcome {
        eprintln!("loadgen: {error}");
        std::process::exit(1);
    }
}

/// What was counted between the end of the warm-up and the end.
#[derive(Debug)]
struct Counted {
    requests: u64,
    elapsed: Duration,
    cpu_ns: u64,
    latencies: Histogram,
}

fn run(args: &Args) -> Result<(), String> {
    let sockets: Vec<_> = (0..args.connections)
        .map(|_| {
            TcpStream::connect(("127.0.0.1", args.port))
                .and_then(|s| s.set_nodelay(true).map(|()| s))
        })
        .collect::<Result<_, _>>()
        .map_err(|e| format!("could not connect to port {}: {e}", args.port))?;
    let counted = Generator::new(args, &sockets)?.run(args)?;
    let seconds = counted.elapsed.as_secs_f64();
    println!(
        "{{\"requests\":{},\"seconds\":{seconds:.6},\"rate\":{:.1},\"cpu_ns_per_request\":{:.1},\
         \"p50_ns\":{},\"p99_ns\":{},\"p999_ns\":{}}}",
        counted.requests,
        counted.requests as f64 / seconds,
        counted.cpu_ns as f64 / counted.requests.max(1) as f64,
        counted.latencies.at(0.5),
        counted.latencies.at(0.99),
        counted.latencies.at(0.999),
    );
    Ok(())
}

/// The ring and the connections it serves.
struct Generator<'a> {
    ring: IoUring,
    sockets: &'a [TcpStream],
    connections: Vec<Connection>,
    /// Operations that the kernel has not completed.
    in_flight: usize,
}

impl<'a> Generator<'a> {
    fn new(args: &Args, sockets: &'a [TcpStream]) -> Result<Self, String> {
        let entries = (args.connections as u32 * 2).next_power_of_two().max(64);
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .build(entries)
            .or_else(|_| IoUring::new(entries))
            .map_err(|e| format!("io_uring: {e}"))?;
        let connections = sockets
            .iter()
            .map(|_| Connection::new(&args.load))
            .collect();
        Ok(Self {
            ring,
            sockets,
            connections,
            in_flight: 0,
        })
    }

    fn run(mut self, args: &Args) -> Result<Counted, String> {
        for index in 0..self.sockets.len() {
            self.connections[index].ask();
            self.send(index)?;
            self.receive(index)?;
        }
        let warm = Instant::now() + WARM_UP;
        while Instant::now() < warm {
            self.turn(|_| ())?;
        }
        let mut latencies = Histogram::new();
        let mut requests = 0;
        let cpu_before = cpu::cpu_ns(args.pid).map_err(|e| format!("process {}: {e}", args.pid))?;
        let start = Instant::now();
        while start.elapsed() < args.duration {
            self.turn(|ns| {
                requests += 1;
                latencies.record(ns);
            })?;
        }
        let elapsed = start.elapsed();
        let cpu_after = cpu::cpu_ns(args.pid).map_err(|e| format!("process {}: {e}", args.pid))?;
        self.finish()?;
        Ok(Counted {
            requests,
            elapsed,
            cpu_ns: cpu_after - cpu_before,
            latencies,
        })
    }

    /// Waits once and handles what completed; `answered` gets each latency in nanoseconds.
    fn turn(&mut self, mut answered: impl FnMut(u64)) -> Result<(), String> {
        self.ring
            .submit_and_wait(1)
            .map_err(|e| format!("io_uring wait: {e}"))?;
        let completed: Vec<_> = self
            .ring
            .completion()
            .map(|c| (c.user_data(), c.result()))
            .collect();
        self.in_flight -= completed.len();
        for (token, result) in completed {
            let index = (token & (SEND - 1)) as usize;
            let bytes = usize::try_from(result).map_err(|_| {
                format!(
                    "connection {index}: {}",
                    std::io::Error::from_raw_os_error(-result)
                )
            })?;
            if token & SEND != 0 {
                self.connections[index].sent += bytes;
                if self.connections[index].sent < self.connections[index].request.len() {
                    self.send(index)?;
                }
                continue;
            }
            if bytes == 0 {
                return Err(format!("the server closed connection {index}"));
            }
            self.connections[index].received += bytes;
            if self.connections[index].is_answered()? {
                answered(self.connections[index].asked_at.elapsed().as_nanos() as u64);
                self.connections[index].ask();
                self.send(index)?;
            }
            self.receive(index)?;
        }
        Ok(())
    }

    fn send(&mut self, index: usize) -> Result<(), String> {
        let connection = &self.connections[index];
        let rest = &connection.request[connection.sent..];
        let entry = opcode::Send::new(
            types::Fd(self.sockets[index].as_raw_fd()),
            rest.as_ptr(),
            rest.len() as u32,
        )
        .build()
        .user_data(SEND | index as u64);
        self.push(&entry)
    }

    fn receive(&mut self, index: usize) -> Result<(), String> {
        let connection = &mut self.connections[index];
        let room = &mut connection.response[connection.received..];
        let entry = opcode::Recv::new(
            types::Fd(self.sockets[index].as_raw_fd()),
            room.as_mut_ptr(),
            room.len() as u32,
        )
        .build()
        .user_data(index as u64);
        self.push(&entry)
    }

    fn push(&mut self, entry: &io_uring::squeue::Entry) -> Result<(), String> {
        // SAFETY: the buffers belong to connections that are neither moved nor freed before
        // `finish` has seen the last completion; on an error the process ends.
        let pushed = unsafe { self.ring.submission().push(entry) };
        pushed.map_err(|_| "the submission queue is full".to_owned())?;
        self.in_flight += 1;
        Ok(())
    }

    /// Ends the connections and waits until the kernel holds no buffer any more.
    fn finish(mut self) -> Result<(), String> {
        for socket in self.sockets {
            // The server may have closed already.
            let _ = socket.shutdown(std::net::Shutdown::Both);
        }
        while self.in_flight > 0 {
            self.ring
                .submit_and_wait(1)
                .map_err(|e| format!("io_uring wait: {e}"))?;
            self.in_flight -= self.ring.completion().count();
        }
        Ok(())
    }
}
