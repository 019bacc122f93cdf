//! A server that runs out of descriptors goes on when there are some again, on both drivers. It has
//! a process of its own: the limit is the process's.
#![cfg(feature = "http")]

mod http_support;

use std::fs::File;
use std::io::Write;
use std::time::Instant;

use http_support::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use synodic::http::Server;

/// So few that they are used up quickly.
const DESCRIPTORS_MAX: u64 = 64;

/// Takes all descriptors that there are.
fn use_up() -> Vec<File> {
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    files
}

#[test]
fn accepting_goes_on_when_there_are_descriptors_again() {
    let limit = getrlimit(Resource::Nofile);
    let few = Rlimit {
        current: Some(DESCRIPTORS_MAX),
        ..limit
    };
    setrlimit(Resource::Nofile, few).unwrap();
    let counts = on_each_driver(|| async {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let serving = Server::new().serve(listener, hello);
        // What the loop opens once, and a thread for the client, is there after this.
        assert!(
            off_thread(move || exchange(address, get_and_close("/")))
                .await
                .ends_with("hello")
        );
        let clients: Vec<_> = (0..3)
            .map(|_| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap())
            .collect();
        let files = use_up();
        for client in &clients {
            client.connect(&address.into()).unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            (&mut &*client)
                .write_all(get_and_close("/").as_bytes())
                .unwrap();
        }
        let start = Instant::now();
        while serving.counts().accept_errors == 0 {
            assert!(start.elapsed() < PATIENCE, "nothing was missing");
            synodic::timers::immediate().await;
        }
        assert_eq!(serving.counts().read, 1);
        drop(files);
        for client in clients {
            let answer = off_thread(move || rest_of(client.into())).await;
            assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
        }
        assert!(
            off_thread(move || exchange(address, get_and_close("/")))
                .await
                .ends_with("hello")
        );
        serving.shutdown(PATIENCE).await
    });
    assert_counts(counts, 5, 5);
    setrlimit(Resource::Nofile, limit).unwrap();
}
