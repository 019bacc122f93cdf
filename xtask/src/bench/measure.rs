//! Running one program once.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::programs::{LOAD_CORE, MEASURED_CORE, Programs, spawn_on};
use super::spec::{Load, Method, Program, Request};
use super::stats::Sample;
use crate::Result;

/// How long one load is counted.
const LOAD_MILLIS: u32 = 250;

/// Something that can be measured again and again.
#[derive(Debug)]
pub(crate) enum Subject {
    /// A server that runs as long as this lives.
    Server { process: Child, port: u16 },
    /// A program that is run anew for each measurement.
    Once(Program),
}

impl Subject {
    /// Starts the program when the method asks for a server.
    pub(crate) fn start(programs: &Programs<'_>, program: Program, method: Method) -> Result<Self> {
        if !matches!(method, Method::Server(_)) {
            return Ok(Self::Once(program));
        }
        let mut command = programs.command(program);
        command.arg("0").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = spawn_on(MEASURED_CORE, &mut command)?;
        let stdout = process
            .stdout
            .take()
            .ok_or("the server has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line
            .trim()
            .strip_prefix("listening ")
            .and_then(|port| port.parse().ok());
        match port {
            Some(port) => Ok(Self::Server { process, port }),
            None => {
                process.kill()?;
                process.wait()?;
                Err(format!("{program:?} printed no port but {line:?}").into())
            }
        }
    }

    /// Measures once; `load` is for servers.
    pub(crate) fn measure(
        &self,
        programs: &Programs<'_>,
        method: Method,
        load: Option<&Load>,
    ) -> Result<Vec<Sample>> {
        match (self, method, load) {
            (Self::Server { process, port }, _, Some(load)) => {
                loaded(programs, process.id(), *port, load)
            }
            (Self::Once(program), Method::Calls { case, turns }, _) => {
                counted(programs, *program, case, turns)
            }
            (Self::Once(program), ..) => bulk(&mut programs.command(*program)),
            (Self::Server { .. }, _, None) => Err("a server without a load".into()),
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if let Self::Server { process, .. } = self {
            // It may have ended by itself, and then there is nothing to do.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn loaded(programs: &Programs<'_>, pid: u32, port: u16, load: &Load) -> Result<Vec<Sample>> {
    let mut command = programs.tool("rival-loadgen");
    command.args([port.to_string(), load.connections.to_string()]);
    command.args([LOAD_MILLIS.to_string(), pid.to_string()]);
    match load.request {
        Request::Echo(bytes) => command.args(["--echo", &bytes.to_string()]),
        Request::Http(path) => command.args(["--http", path]),
    };
    let output = output(LOAD_CORE, &mut command)?;
    let line: Value = serde_json::from_str(&output)?;
    let sample = |field: &str, unit| -> Result<Sample> {
        let value = line[field]
            .as_f64()
            .ok_or_else(|| format!("no {field} in {output}"))?;
        Ok(Sample {
            case: load.case(),
            unit,
            value,
        })
    };
    Ok(vec![
        sample("cpu_ns_per_request", "ns CPU/req")?,
        sample("rate", "req/s")?,
    ])
}

fn bulk(command: &mut Command) -> Result<Vec<Sample>> {
    output(MEASURED_CORE, command)?.lines().map(case).collect()
}

fn case(line: &str) -> Result<Sample> {
    let json: Value = serde_json::from_str(line)?;
    match (json["case"].as_str(), json["ns"].as_f64()) {
        (Some(case), Some(value)) => Ok(Sample {
            case: case.to_owned(),
            unit: "ns",
            value,
        }),
        _ => Err(format!("neither case nor ns in {line}").into()),
    }
}

fn counted(
    programs: &Programs<'_>,
    program: Program,
    case: &str,
    turns: u32,
) -> Result<Vec<Sample>> {
    let mut command = programs.counted(program);
    command.arg(turns.to_string()).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut process = spawn_on(MEASURED_CORE, &mut command)?;
    let mut text = String::new();
    if let Some(mut stderr) = process.stderr.take() {
        stderr.read_to_string(&mut text)?;
    }
    process.wait()?;
    let line = text.lines().last().unwrap_or_default();
    let json: Value = serde_json::from_str(line).map_err(|_| format!("{program:?}: {text}"))?;
    let calls = json["calls"]
        .as_f64()
        .ok_or_else(|| format!("no calls in {line}"))?;
    // None at all would make the ratio infinite; one in all turns is what can be told apart.
    let value = calls.max(1.0) / f64::from(turns);
    Ok(vec![Sample {
        case: case.to_owned(),
        unit: "calls/turn",
        value,
    }])
}

/// Runs `command` on a core and returns what it printed.
fn output(core: usize, command: &mut Command) -> Result<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let process = spawn_on(core, command)?;
    let output = process.wait_with_output()?;
    if !output.status.success() {
        let program = command.get_program().to_string_lossy();
        return Err(format!("{program} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
