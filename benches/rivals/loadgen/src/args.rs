//! The command line: `loadgen PORT CONNECTIONS MILLISECONDS PID (--echo BYTES | --http PATH)`.

use std::time::Duration;

/// What to ask the server for, again and again.
#[derive(Debug, Clone)]
pub enum Load {
    /// Send this many bytes and read as many back.
    Echo(usize),
    /// Send a GET for this path and read the response.
    Http(String),
}

/// The parsed command line.
#[derive(Debug, Clone)]
pub struct Args {
    pub port: u16,
    pub connections: usize,
    /// How long is counted; warming up comes before it.
    pub duration: Duration,
    /// The server's process, for its CPU time.
    pub pid: u32,
    pub load: Load,
}

impl Args {
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let args: Vec<_> = args.collect();
        let [port, connections, millis, pid, mode, value] = &args[..] else {
            return Err(
                "usage: loadgen PORT CONNECTIONS MILLISECONDS PID (--echo BYTES | --http PATH)"
                    .into(),
            );
        };
        let load = match mode.as_str() {
            "--echo" => Load::Echo(number(value)?),
            "--http" => Load::Http(value.clone()),
            other => return Err(format!("neither --echo nor --http: {other}")),
        };
        Ok(Self {
            port: number(port)?,
            connections: number(connections)?,
            duration: Duration::from_millis(number(millis)?),
            pid: number(pid)?,
            load,
        })
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("not a number: {text}"))
}
