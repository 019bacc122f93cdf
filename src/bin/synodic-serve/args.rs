//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::prelude::*;
use synodic::event_loop::DriverChoice;

pub(crate) const HELP: &str = "\
Usage: synodic-serve [--host ADDRESS] [--port PORT] [--driver io_uring|epoll] [--root FOLDER]

Serves a small site, or the files of FOLDER, on 127.0.0.1:8000.
";

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) address: SocketAddr,
    pub(crate) driver: DriverChoice,
    pub(crate) root: Option<PathBuf>,
}

impl Args {
    /// The arguments, or `None` when help is asked for.
    pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut host = IpAddr::from([127, 0, 0, 1]);
        let mut port = 8000;
        let mut driver = DriverChoice::Auto;
        let mut root = None;
        while let Some(arg) = parser.next()? {
            match arg {
                Long("host") => host = value(&mut parser, "--host", "an IP address")?,
                Long("port") => port = value(&mut parser, "--port", "a number up to 65535")?,
                Long("driver") => driver = parser.value()?.parse_with(driver_of)?,
                Long("root") => root = Some(PathBuf::from(parser.value()?)),
                Short('h') | Long("help") => return Ok(None),
                _ => return Err(arg.unexpected()),
            }
        }
        Ok(Some(Self {
            address: (host, port).into(),
            driver,
            root,
        }))
    }
}

fn value<T: FromStr>(
    parser: &mut lexopt::Parser,
    option: &str,
    expected: &str,
) -> Result<T, lexopt::Error> {
    let value = parser.value()?;
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| format!("{option} is {value:?}, and should be {expected}").into())
}

fn driver_of(name: &str) -> Result<DriverChoice, &'static str> {
    match name {
        "io_uring" => Ok(DriverChoice::IoUring),
        "epoll" => Ok(DriverChoice::Epoll),
        _ => Err("a driver is io_uring or epoll"),
    }
}
