//! Two ends of a queue: nothing is lost, nothing waits for nobody, and an end is told from a cut.

mod common;

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use common::{block_on, wait_for};
use synodic_streams::{Error, ErrorKind, Options, Source, from_iter, handles, map, pipeline};

#[test]
fn everything_goes_through_in_order() {
    let (first_in, first_out) = handles(Options::objects(16));
    let (second_in, second_out) = handles(Options::objects(3));
    let ends = [
        std::thread::spawn(|| wait_for(pipeline((from_iter(0..10_000_u32), first_in)))),
        std::thread::spawn(|| {
            let double = map(|number: u32| Ok(2 * number));
            wait_for(pipeline((first_out, double, second_in)))
        }),
    ];
    let all = wait_for(second_out.to_vec()).unwrap();
    assert!(all.into_iter().eq((0..10_000).map(|number| 2 * number)));
    for end in ends {
        assert_eq!(end.join().unwrap().unwrap().items, 10_000);
    }
}

#[test]
fn a_writer_is_asked_to_wait_and_told_to_go_on() {
    let (writer, mut reader) = handles(Options::objects(2));
    assert!(writer.write(1).unwrap());
    assert!(!writer.write(2).unwrap());
    let mut cx = Context::from_waker(Waker::noop());
    let mut drain = pin!(writer.drain());
    assert!(drain.as_mut().poll(&mut cx).is_pending());
    assert_eq!(block_on(reader.next()).unwrap(), Some(1));
    assert!(drain.as_mut().poll(&mut cx).is_ready());
    assert_eq!(block_on(reader.next()).unwrap(), Some(2));
}

#[test]
fn an_end_is_told_from_a_cut() {
    let (writer, mut reader) = handles(Options::objects(2));
    let other = writer.clone();
    writer.write(1).unwrap();
    drop(writer);
    assert_eq!(block_on(reader.next()).unwrap(), Some(1));
    drop(other);
    assert_eq!(
        block_on(reader.next()).unwrap_err().kind(),
        ErrorKind::PrematureClose
    );

    let (writer, mut reader) = handles::<u8>(Options::objects(2));
    writer.end();
    assert_eq!(
        writer.write(1).unwrap_err().kind(),
        ErrorKind::WriteAfterEnd
    );
    assert_eq!(block_on(reader.next()).unwrap(), None);
}

#[test]
fn an_error_comes_behind_what_was_written() {
    let (writer, mut reader) = handles(Options::objects(2));
    writer.write(1).unwrap();
    writer.fail(Error::other("torn"));
    assert_eq!(block_on(reader.next()).unwrap(), Some(1));
    assert_eq!(block_on(reader.next()).unwrap_err().to_string(), "torn");
}

#[test]
fn a_reader_that_goes_away_ends_the_wait() {
    let (writer, reader) = handles(Options::objects(1));
    writer.write(1).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let mut send = pin!(writer.send(2));
    assert!(send.as_mut().poll(&mut cx).is_pending());
    drop(reader);
    let Poll::Ready(Err(error)) = send.as_mut().poll(&mut cx) else {
        panic!("the writer still waits");
    };
    assert_eq!(error.kind(), ErrorKind::Destroyed);
    assert!(writer.is_closed());
}
