//! Replays `corpus/http`: what each request gets, to the last answer, on both drivers.
#![cfg(feature = "http")]

mod http_support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::path::PathBuf;

use http_support::*;
use synodic::http::Server;

/// One line of the index.
struct Case {
    name: String,
    request: Vec<u8>,
    /// The statuses of the answers, in order.
    expected: Vec<String>,
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/corpus/http"]
        .iter()
        .collect()
}

fn cases() -> Vec<Case> {
    let index = fs::read_to_string(folder().join("INDEX")).unwrap();
    let lines = index.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let columns: Vec<_> = line.split(" | ").collect();
            let [name, expected, _why] = columns[..] else {
                panic!("three columns: {line}");
            };
            let statuses = expected.split(' ').filter(|word| *word != "close");
            Case {
                name: name.to_owned(),
                request: fs::read(folder().join(name)).unwrap(),
                expected: statuses.map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// The statuses of the answers to a request, after which the server has closed.
fn statuses(address: SocketAddr, request: &[u8]) -> Vec<String> {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).unwrap();
    let answers = String::from_utf8(answers).unwrap();
    // The body of an answer ends without a line break.
    let starts = answers
        .match_indices("HTTP/1.1 ")
        .map(|(at, start)| at + start.len());
    let http10 = answers
        .match_indices("HTTP/1.0 ")
        .map(|(at, start)| at + start.len());
    let starts: BTreeSet<_> = starts.chain(http10).collect();
    starts
        .into_iter()
        .map(|at| answers[at..at + 3].to_owned())
        .collect()
}

#[test]
fn each_request_gets_what_the_index_says() {
    with_server(&Server::new(), measure, |address| {
        let mut wrong = Vec::new();
        for case in cases() {
            let actual = statuses(address, &case.request);
            if actual != case.expected {
                wrong.push(format!(
                    "{}: {actual:?}, not {:?}",
                    case.name, case.expected
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn the_index_names_each_file_once() {
    let names: Vec<_> = cases().into_iter().map(|case| case.name).collect();
    let unique: BTreeSet<_> = names.iter().cloned().chain(["INDEX".to_owned()]).collect();
    let files = fs::read_dir(folder()).unwrap();
    let files: BTreeSet<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(unique, files);
    assert_eq!(unique.len(), names.len() + 1);
}
