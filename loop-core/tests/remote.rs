//! Goal: other threads reach a loop through its remote handle, and learn when it is gone. Method: a
//! loop that sleeps, and threads that post.

mod common;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use common::on_real_and_virtual;
use synodic_loop::{EventLoop, Handle, LoopClosed, RemoteJoinError, RunMode};

#[test]
fn posts_of_a_thread_run_in_their_order_each_with_its_drain() {
    on_real_and_virtual(|event_loop, _| {
        let remote = event_loop.handle().remote();
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = order.clone();
        let poster = thread::spawn(move || {
            for number in 0..3 {
                let seen = seen.clone();
                remote.post(move || {
                    let drained = seen.clone();
                    synodic_loop::next_tick(move || drained.lock().unwrap().push((number, "tick")));
                    seen.lock().unwrap().push((number, "post"));
                    if number == 2 {
                        Handle::current().stop();
                    }
                })?;
            }
            Ok::<_, LoopClosed>(())
        });
        let _alive = event_loop.handle().keep_alive();
        assert!(event_loop.run_mode(RunMode::Default));
        poster.join().unwrap().unwrap();
        let expected = [0, 1, 2].map(|number| [(number, "post"), (number, "tick")]);
        assert_eq!(*order.lock().unwrap(), expected.concat());
    });
}

#[test]
fn a_post_does_not_keep_the_loop_alive_and_waits_for_its_next_run() {
    on_real_and_virtual(|event_loop, _| {
        let ran = Arc::new(AtomicUsize::new(0));
        let counter = ran.clone();
        let remote = event_loop.handle().remote();
        remote
            .post(move || {
                counter.fetch_add(1, Ordering::Relaxed);
            })
            .unwrap();
        assert!(!event_loop.run_mode(RunMode::Default));
        assert_eq!(ran.load(Ordering::Relaxed), 0);
        let _alive = event_loop.handle().keep_alive();
        event_loop.run_mode(RunMode::Once);
        assert_eq!(ran.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn one_turn_serves_1024_posts_and_the_next_one_those_that_are_left() {
    on_real_and_virtual(|event_loop, _| {
        let ran = Arc::new(AtomicUsize::new(0));
        let remote = event_loop.handle().remote();
        for _ in 0..1030 {
            let counter = ran.clone();
            remote
                .post(move || {
                    counter.fetch_add(1, Ordering::Relaxed);
                })
                .unwrap();
        }
        let _alive = event_loop.handle().keep_alive();
        event_loop.run_mode(RunMode::Once);
        assert_eq!(ran.load(Ordering::Relaxed), 1024);
        event_loop.run_mode(RunMode::Once);
        assert_eq!(ran.load(Ordering::Relaxed), 1030);
    });
}

#[test]
fn a_spawned_task_gives_its_result_to_the_other_thread() {
    on_real_and_virtual(|event_loop, _| {
        let remote = event_loop.handle().remote();
        let waiter = thread::spawn(move || {
            let failing = remote.spawn(|| async { Err::<(), _>(std::io::Error::other("no")) });
            let adding = remote.spawn(|| async {
                // Not `Send`: it was made where it runs.
                let numbers = std::rc::Rc::new([2_u32, 3]);
                synodic_loop::yield_now().await;
                numbers.iter().sum::<u32>()
            });
            let mut waiting = EventLoop::new().unwrap();
            let results = waiting.block_on(async {
                let _alive = Handle::current().keep_alive();
                (failing.unwrap().await, adding.unwrap().await)
            });
            remote.post(|| Handle::current().stop()).unwrap();
            results.unwrap()
        });
        let _alive = event_loop.handle().keep_alive();
        event_loop.run_mode(RunMode::Default);
        let (failed, added) = waiter.join().unwrap();
        let Err(RemoteJoinError::Rejected { message }) = failed else {
            panic!("the task ended in an error");
        };
        assert_eq!((message.as_str(), added.unwrap()), ("no", 5));
    });
}

#[test]
fn a_closed_loop_refuses_posts_and_drops_what_it_has_not_run() {
    let event_loop = EventLoop::new().unwrap();
    let remote = event_loop.handle().remote();
    let captured = Arc::new(());
    let witness = captured.clone();
    remote.post(move || drop(witness)).unwrap();
    let mut task = pin!(remote.spawn(|| async { 1_u8 }).unwrap());
    assert!(!remote.is_closed());
    drop(event_loop);
    assert!(remote.is_closed());
    assert_eq!(Arc::strong_count(&captured), 1, "the post was dropped");
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(
        task.as_mut().poll(&mut cx),
        Poll::Ready(Err(RemoteJoinError::Canceled))
    ));
    assert!(matches!(remote.post(|| {}), Err(LoopClosed)));
    assert!(remote.spawn(|| async {}).is_err());
}
