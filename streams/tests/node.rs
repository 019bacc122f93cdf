//! Node's objects as a Rust program uses them: freed when they are let go, woken from other threads, and
//! not confused by those who call back.

mod common;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use common::wait_for;
use synodic_streams::{
    AbortController, ErrorKind, Options, Source, from_iter, handles, node, node::Stream, pipeline,
};

/// Counts how many of it are alive.
#[derive(Clone)]
struct Alive(Rc<()>);

/// A stream that holds one of `alive` in each of its hooks.
fn transform(alive: &Alive) -> node::Duplex<u32, u32> {
    let (one, other) = (alive.clone(), alive.clone());
    node::TransformBuilder::new(Options::objects(2), Options::objects(2))
        .transform(move |item, out: &node::Readable<u32>, done| {
            let _held = &one;
            out.push(item);
            done.ok();
        })
        .destroy(move |_, done| {
            let _held = &other;
            done.ok();
        })
        .build()
}

#[test]
fn streams_that_are_let_go_are_freed() {
    let alive = Alive(Rc::new(()));
    {
        let (first, second) = (transform(&alive), transform(&alive));
        first.readable().pipe(second.writable());
        let kept = alive.clone();
        second.readable().on_data(move |_| drop(kept.clone()));
        // Held up, with a completion that waits in the transform.
        for number in 0..10 {
            first.writable().write(number);
        }
        node::settle();
        second.readable().pause();
        for number in 0..10 {
            first.writable().write(number);
        }
        node::settle();
    }
    node::settle();
    assert_eq!(Rc::strong_count(&alive.0), 1);
}

#[test]
fn a_pipeline_that_is_over_is_freed() {
    let alive = Alive(Rc::new(()));
    let done = Rc::new(Cell::new(false));
    {
        let (first, second) = (transform(&alive), transform(&alive));
        let source = node::Readable::from_iter(0..20, Options::objects(4));
        let sink = node::Writable::<u32>::builder(Options::objects(4)).build();
        let flag = Rc::clone(&done);
        node::spawn(async move {
            node::pipeline(&source)
                .through(&first)
                .through(&second)
                .to(&sink)
                .await
                .unwrap();
            flag.set(true);
        });
        node::settle();
    }
    assert!(done.get());
    assert_eq!(Rc::strong_count(&alive.0), 1);
}

#[test]
fn one_side_keeps_the_other() {
    let read = {
        let pass = node::pass_through(Options::objects(1), Options::objects(1));
        for number in 0..5 {
            pass.writable().write(number);
        }
        pass.writable().end();
        pass.readable().clone()
    };
    let all = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&all);
    read.on_data(move |number| log.borrow_mut().push(*number));
    node::settle();
    assert_eq!(*all.borrow(), [0, 1, 2, 3, 4]);
}

#[test]
fn items_come_from_another_thread() {
    let (writer, reader) = handles(Options::objects(4));
    let thread = std::thread::spawn(|| wait_for(pipeline((from_iter(0..1000), writer))));
    let readable = node::Readable::from_source(reader, Options::objects(4));
    let all = wait_for(node::run(async move { readable.to_vec().await })).unwrap();
    assert!(all.into_iter().eq(0..1000));
    thread.join().unwrap().unwrap();
}

#[test]
fn an_abort_from_another_thread_is_heard() {
    let controller = AbortController::new();
    let readable = node::Readable::<u8>::new(Options::objects(4));
    node::add_abort_signal(&controller.signal(), &readable);
    let aborting = std::thread::spawn(move || controller.abort());
    let error = wait_for(node::run(async { node::finished(&readable).await })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    aborting.join().unwrap();
}

#[test]
fn a_listener_may_do_anything_to_its_stream() {
    let readable = node::Readable::<u32>::new(Options::objects(4));
    let seen = Rc::new(Cell::new(0));
    let (stream, count) = (readable.clone(), Rc::clone(&seen));
    readable.on_data(move |number| {
        count.set(count.get() + 1);
        match number {
            1 => drop(stream.push(3)),
            2 => stream.pause(),
            3 => stream.destroy(None),
            _ => {}
        }
    });
    readable.push(1);
    readable.push(2);
    node::settle();
    assert_eq!(seen.get(), 2);
    readable.resume();
    node::settle();
    assert_eq!(seen.get(), 3);
    assert!(readable.is_closed());
}

#[test]
fn a_step_that_panics_does_not_hold_up_the_rest() {
    let reached = Rc::new(Cell::new(false));
    let flag = Rc::clone(&reached);
    node::defer(|| panic!("a listener's fault"));
    node::defer(move || flag.set(true));
    let result = std::panic::catch_unwind(node::settle);
    assert!(result.is_err());
    node::settle();
    assert!(reached.get());
}

#[test]
fn a_sink_that_was_destroyed_fails_its_pipeline() {
    let writable = node::Writable::<u32>::builder(Options::objects(1))
        .write(|_, _done| {})
        .build();
    let (sink, kind) = (writable.sink(), Rc::new(Cell::new(None)));
    let told = Rc::clone(&kind);
    node::spawn(async move {
        let error = pipeline((from_iter(0..10), sink)).await.unwrap_err();
        told.set(Some((error.kind(), error.stage())));
    });
    node::settle();
    assert_eq!(kind.get(), None);
    writable.destroy(None);
    node::settle();
    assert_eq!(kind.get(), Some((ErrorKind::PrematureClose, Some(1))));
}

#[test]
fn items_that_are_left_destroy_their_stream_unless_told_otherwise() {
    for destroys in [true, false] {
        let readable = node::Readable::from_iter(0..10, Options::objects(4));
        let mut items = readable.items().destroy_on_return(destroys);
        node::spawn(async move {
            assert_eq!(items.next().await.unwrap().unwrap(), 0);
        });
        node::settle();
        assert_eq!(readable.is_destroyed(), destroys);
    }
    let rest = node::Readable::from_iter(0..3, Options::objects(4));
    let source = rest.items().map(|number| number + 1);
    node::spawn(async move { assert_eq!(source.to_vec().await.unwrap(), [1, 2, 3]) });
    node::settle();
    assert!(rest.is_ended());
}
