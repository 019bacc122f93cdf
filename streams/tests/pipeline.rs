//! A pipeline ends in order, however it ends: stages note what is done to them.

mod common;

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use common::{Collect, Log, Numbers, Pass, block_on};
use synodic_streams::{
    AbortController, Batch, BoxSink, BoxSource, BoxTransform, Emit, ErrorKind, Options, Result,
    Sink, Source, Transform, compose, from_iter, map, pipeline, sink_async, tee,
};

fn pass(log: &Log) -> Pass {
    Pass {
        log: log.clone(),
        fail_at: None,
    }
}

#[test]
fn a_source_that_ends_ends_all() {
    let log = Log::default();
    let mut sink = Collect::new(&log);
    let totals = block_on(pipeline((Numbers::new(&log, 40), pass(&log), &mut sink))).unwrap();
    assert_eq!(totals.items, 40);
    assert_eq!(sink.items, (1..=40).collect::<Vec<_>>());
    assert_eq!(
        log.take(),
        [
            "flush",
            "finish",
            "source: end",
            "transform: end",
            "sink: end"
        ]
    );
}

#[test]
fn a_source_that_fails_destroys_all() {
    let log = Log::default();
    let mut source = Numbers::new(&log, 40);
    source.fail_at = Some(3);
    let mut sink = Collect::new(&log);
    let error = block_on(pipeline((source, pass(&log), &mut sink))).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.stage()),
        ("source", Some(0))
    );
    assert_eq!(
        log.take(),
        ["source: source", "transform: source", "sink: source"]
    );
}

#[test]
fn a_transform_that_fails_is_named() {
    let log = Log::default();
    let mut second = pass(&log);
    second.fail_at = Some(7);
    let stages = (
        Numbers::new(&log, 40),
        pass(&log),
        second,
        Collect::new(&log),
    );
    let error = block_on(pipeline(stages)).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.stage()),
        ("transform", Some(2))
    );
    let destroyed = [
        "source: transform",
        "transform: transform",
        "transform: transform",
    ];
    assert_eq!(log.take()[..3], destroyed);
}

#[test]
fn a_sink_that_fails_destroys_all() {
    let log = Log::default();
    let mut sink = Collect::new(&log);
    sink.fail_at = Some(20);
    let error = block_on(pipeline((Numbers::new(&log, 40), pass(&log), &mut sink))).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.stage()),
        ("sink", Some(2))
    );
    assert_eq!(
        log.take(),
        ["source: sink", "transform: sink", "sink: sink"]
    );
}

#[test]
fn a_sink_that_cannot_finish_fails_the_pipeline() {
    let log = Log::default();
    let mut sink = Collect::new(&log);
    sink.fails_finish = true;
    let error = block_on(pipeline((Numbers::new(&log, 1), &mut sink))).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.stage()),
        ("finish", Some(1))
    );
    assert_eq!(log.take(), ["finish", "source: finish", "sink: finish"]);
}

#[test]
fn the_first_error_is_the_reason() {
    for (source_fails, expected) in [(true, "source"), (false, "destroy")] {
        let log = Log::default();
        let mut source = Numbers::new(&log, 4);
        source.fail_at = source_fails.then_some(2);
        let mut sink = Collect::new(&log);
        sink.fails_destroy = true;
        let error = block_on(pipeline((source, &mut sink))).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn closing_is_awaited() {
    let log = Log::default();
    let mut source = Numbers::new(&log, 3);
    source.is_slow = true;
    let sink = Collect::new(&log);
    let mut future = pin!(pipeline((source, sink)));
    let mut turns = 0;
    let mut cx = Context::from_waker(Waker::noop());
    while future.as_mut().poll(&mut cx).is_pending() {
        turns += 1;
    }
    assert!(
        turns > 4,
        "the source takes its time for each item and in closing"
    );
    assert_eq!(log.take(), ["finish", "source: end", "sink: end"]);
}

#[test]
fn a_signal_stops_a_pipeline_in_order() {
    let log = Log::default();
    let controller = AbortController::new();
    let mut source = Numbers::new(&log, u32::MAX);
    source.is_slow = true;
    let stages = (source, pass(&log), Collect::new(&log));
    let mut future = pin!(pipeline(stages).signal(&controller.signal()));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    controller.abort();
    let error = block_on(future).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    let why = "the operation was aborted";
    let expected = ["source", "transform", "sink"].map(|who| format!("{who}: {why}"));
    assert_eq!(log.take(), expected);
}

#[test]
fn a_signal_that_was_given_lets_nothing_begin() {
    let log = Log::default();
    let controller = AbortController::new();
    controller.abort();
    let mut sink = Collect::new(&log);
    let stages = (Numbers::new(&log, 4), &mut sink);
    let error = block_on(pipeline(stages).signal(&controller.signal())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    assert!(sink.items.is_empty());
}

#[test]
fn a_sink_that_is_kept_open_takes_more() {
    let log = Log::default();
    let mut sink = Collect::new(&log);
    block_on(pipeline((Numbers::new(&log, 2), &mut sink)).keep_open()).unwrap();
    assert_eq!(log.take(), ["source: end"]);
    block_on(pipeline((Numbers::new(&log, 1), &mut sink))).unwrap();
    assert_eq!(sink.items, [1, 2, 1]);
    assert_eq!(log.take(), ["finish", "source: end", "sink: end"]);
}

#[test]
fn a_pipeline_lets_others_have_their_turn() {
    let mut future = pin!(pipeline((from_iter(0..1000), Vec::new())));
    let mut cx = Context::from_waker(Waker::noop());
    let mut turns = 1;
    while future.as_mut().poll(&mut cx).is_pending() {
        turns += 1;
    }
    assert!((3..10).contains(&turns), "{turns} turns for 1000 items");
}

/// Takes nothing until it is told to.
struct Closed {
    most: usize,
}

impl Sink for Closed {
    type Item = Vec<u8>;

    fn poll_write(
        &mut self,
        _cx: &mut Context<'_>,
        batch: &mut Batch<Vec<u8>>,
    ) -> Poll<Result<()>> {
        self.most = self.most.max(batch.units());
        Poll::Pending
    }
}

#[test]
fn a_sink_that_does_not_take_stops_the_source() {
    let mut read = 0;
    let source = from_iter(std::iter::repeat_with(|| {
        read += 1;
        vec![0; 10]
    }));
    let mut sink = Closed { most: 0 };
    let future = pipeline((source, &mut sink)).options(Options::bytes(64));
    let mut cx = Context::from_waker(Waker::noop());
    {
        let mut future = pin!(future);
        for _ in 0..3 {
            assert!(future.as_mut().poll(&mut cx).is_pending());
        }
    }
    assert_eq!(sink.most, 70, "the mark, and what went beyond it");
    assert_eq!(read, 14, "one batch is written, the next is read");
}

#[test]
fn stages_may_be_boxed_and_go_to_another_thread() {
    let log = Log::default();
    let source: BoxSource<u32> = Box::new(Numbers::new(&log, 5));
    let transform: BoxTransform<u32, u32> = Box::new(pass(&log));
    let sink: BoxSink<u32> = Box::new(Collect::new(&log));
    let future = pipeline((source, transform, sink));
    let totals = std::thread::spawn(move || block_on(future)).join().unwrap();
    assert_eq!(totals.unwrap().items, 5);
}

#[test]
fn an_async_sink_takes_one_after_another() {
    let log = Log::default();
    let noted = log.clone();
    let sink = sink_async(move |number: u32| {
        let log = noted.clone();
        async move {
            log.note(format!("begin {number}"));
            std::future::poll_fn({
                let mut is_second = false;
                move |cx| {
                    if std::mem::replace(&mut is_second, true) {
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await;
            log.note(format!("end {number}"));
            Ok(())
        }
    });
    block_on(pipeline((from_iter([1, 2]), sink))).unwrap();
    assert_eq!(log.take(), ["begin 1", "end 1", "begin 2", "end 2"]);
}

#[test]
fn operators_read_no_further_than_they_have_to() {
    let log = Log::default();
    let first = Numbers::new(&log, 100)
        .filter(|number| number % 2 == 0)
        .map(|number| number * 10);
    assert_eq!(block_on(first.take(2).to_vec()).unwrap(), [20, 40]);
    assert_eq!(log.take(), ["source: end"]);
    let found = block_on(Numbers::new(&log, 100).skip(4).find(|number| *number > 2)).unwrap();
    assert_eq!(found, Some(5));
    assert_eq!(log.take(), ["source: end"]);
    assert!(block_on(Numbers::new(&log, 9).any(|number| number == 3)).unwrap());
    assert!(block_on(Numbers::new(&log, 9).all(|number| number < 10)).unwrap());
    let sum = block_on(Numbers::new(&log, 4).reduce(|a, b| Ok(a + b))).unwrap();
    assert_eq!(sum, 10);
    let empty = block_on(Numbers::new(&log, 0).reduce(|a, b| Ok(a + b))).unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::Empty);
}

#[test]
fn calls_run_at_once_and_come_in_order() {
    let (running, most) = (&std::cell::Cell::new(0), &std::cell::Cell::new(0));
    let work = |number: u32| async move {
        running.set(running.get() + 1);
        most.set(most.get().max(running.get()));
        for _ in 0..number * 7 % 5 {
            let mut is_second = false;
            std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                if std::mem::replace(&mut is_second, true) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
        running.set(running.get() - 1);
        Ok(number)
    };
    let source = from_iter(0..20).map_async(3, work);
    assert_eq!(
        block_on(source.to_vec()).unwrap(),
        (0..20).collect::<Vec<_>>()
    );
    assert_eq!(most.get(), 3);
}

#[test]
fn the_slowest_branch_sets_the_pace() {
    let log = Log::default();
    let mut branches = tee(Numbers::new(&log, 10), 2, Options::objects(3));
    let (mut slow, mut fast) = (branches.remove(0), branches.remove(0));
    let mut cx = Context::from_waker(Waker::noop());
    for number in 1..=3 {
        assert!(matches!(fast.poll_next(&mut cx), Poll::Ready(Ok(Some(n))) if n == number));
    }
    assert!(
        fast.poll_next(&mut cx).is_pending(),
        "the other holds three"
    );
    assert!(matches!(slow.poll_next(&mut cx), Poll::Ready(Ok(Some(1)))));
    assert!(matches!(fast.poll_next(&mut cx), Poll::Ready(Ok(Some(4)))));
    assert!(fast.poll_next(&mut cx).is_pending());
    drop(slow);
    assert_eq!(block_on(fast.to_vec()).unwrap(), [5, 6, 7, 8, 9, 10]);
    assert_eq!(log.take(), ["source: end"]);
}

#[test]
fn every_branch_gets_the_error() {
    let log = Log::default();
    let mut source = Numbers::new(&log, 10);
    source.fail_at = Some(2);
    let branches = tee(source, 3, Options::objects(3));
    for branch in branches {
        assert_eq!(block_on(branch.to_vec()).unwrap_err().to_string(), "source");
    }
    assert_eq!(log.take(), ["source: source"]);
}

/// Makes a thousand items of one, as far as there is room.
struct Expand {
    emitted: std::rc::Rc<std::cell::Cell<usize>>,
    left: usize,
}

impl Transform for Expand {
    type In = u32;
    type Out = u32;

    fn transform(&mut self, _item: u32, out: &mut Emit<'_, u32>) -> Result<()> {
        self.left = 1000;
        self.more(out)
    }

    fn more(&mut self, out: &mut Emit<'_, u32>) -> Result<()> {
        while self.left > 0 && out.has_room() {
            self.left -= 1;
            self.emitted.set(self.emitted.get() + 1);
            out.push(0);
        }
        if self.left > 0 {
            out.call_again();
        }
        Ok(())
    }
}

#[test]
fn what_expands_never_holds_more_than_the_mark() {
    // The mark is 16 items, and one is on its way.
    const HELD_MAX: usize = 17;
    let emitted = std::rc::Rc::new(std::cell::Cell::new(0));
    let expand = || Expand {
        emitted: std::rc::Rc::clone(&emitted),
        left: 0,
    };
    let mut cx = Context::from_waker(Waker::noop());
    let mut plain = from_iter([1, 2]).through(expand());
    for read in 1..=2000 {
        assert!(matches!(plain.poll_next(&mut cx), Poll::Ready(Ok(Some(0)))));
        assert!(
            emitted.get() - read <= HELD_MAX,
            "{} after {read}",
            emitted.get()
        );
    }
    assert!(matches!(plain.poll_next(&mut cx), Poll::Ready(Ok(None))));
    emitted.set(0);
    let pass = || map(Ok::<u32, _>);
    let mut composed = from_iter([1]).through(compose(compose(expand(), pass()), pass()));
    for read in 1..=1000 {
        assert!(matches!(
            composed.poll_next(&mut cx),
            Poll::Ready(Ok(Some(0)))
        ));
        assert!(
            emitted.get() - read <= 3 * HELD_MAX,
            "{} after {read}",
            emitted.get()
        );
    }
    assert!(matches!(composed.poll_next(&mut cx), Poll::Ready(Ok(None))));
}
