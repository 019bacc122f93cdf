//! `synodic-serve`: serves a small site, or a folder of files, over HTTP.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a command prints is its product")]

mod args;
mod coding;
mod folder;
mod pages;
mod representation;
mod site;

use std::cell::{OnceCell, RefCell};
use std::error::Error;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use synodic::Runtime;
use synodic::event_loop::Handle;
use synodic::http::{Counts, Server, Serving};
use synodic::net::TcpListener;
use synodic::process::{Signal, SignalKind, on_signal};

use args::{Args, HELP};
use folder::Folder;
use pages::Pages;
use site::Site;

/// How long requests in flight may take after a signal.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// The exit code of bad arguments.
const CODE_USAGE: u8 = 2;

type Counter = Box<dyn Fn() -> Counts>;

fn main() -> ExitCode {
    let args = match Args::parse(lexopt::Parser::from_env()) {
        Ok(Some(args)) => args,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("synodic-serve: {error}");
            return ExitCode::from(CODE_USAGE);
        }
    };
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("synodic-serve: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let site = match &args.root {
        Some(root) => Site::Folder(
            Folder::open(root).map_err(|error| format!("{}: {error}", root.display()))?,
        ),
        None => Site::Pages(Pages::new()),
    };
    let listener = std::net::TcpListener::bind(args.address)
        .map_err(|error| format!("{}: {error}", args.address))?;
    let mut runtime = Runtime::from(Runtime::builder().driver(args.driver).build()?);
    let status = runtime.run(async move { serve(TcpListener::try_from(listener)?, site) });
    Ok(u8::try_from(status.code()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Serves until a signal comes.
fn serve(listener: TcpListener, site: Site) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    let (site, counter) = (Rc::new(site), Rc::new(OnceCell::new()));
    let shown = counter.clone();
    let started = Server::new().serve(listener, move |request| {
        let (site, shown) = (site.clone(), shown.clone());
        async move {
            let counts = shown.get().map(|counter: &Counter| counter());
            site.answer(&request, counts.unwrap_or_default()).await
        }
    });
    // Before the loop can take the first connection.
    let _ = counter.set(Box::new(started.counter()) as Counter);
    let serving = Rc::new(RefCell::new(Some(started)));
    let signals = [SignalKind::INTERRUPT, SignalKind::TERMINATE]
        .into_iter()
        .map(|kind| on_signal(kind, end(serving.clone())))
        .collect::<std::io::Result<Vec<Signal>>>()?;
    // They listen for as long as the process lives.
    std::mem::forget(signals);
    println!("http://{address} on {}", Handle::current().driver());
    Ok(())
}

/// Ends the server at the first signal; nothing keeps the process alive after that.
fn end(serving: Rc<RefCell<Option<Serving>>>) -> impl FnMut(SignalKind) {
    move |_| {
        let Some(serving) = serving.take() else {
            return;
        };
        synodic::spawn_local(async move {
            let counts = serving.shutdown(SHUTDOWN_TIMEOUT).await;
            println!("read {}, answered {}", counts.read, counts.answered);
        });
    }
}
