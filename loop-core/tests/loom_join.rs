//! Goal: who waits for a task on another thread gets its value, or learns that none will come.
//! Method: loom runs the code of `src/shared/oneshot.rs` in every order of two threads.
#![cfg(synodic_loom)]

#[allow(dead_code, reason = "each model uses a part of it")]
#[path = "../src/shared/mod.rs"]
mod shared;

use loom::future::block_on;
use shared::oneshot::Oneshot;
use synodic_sync::{Arc, model, thread};

fn wait<T>(meeting: &Oneshot<T>) -> Option<T> {
    block_on(std::future::poll_fn(|context| {
        meeting.poll(context.waker())
    }))
}

// mutants: oneshot-no-wake, oneshot-wakes-before-store
#[test]
fn a_result_reaches_the_one_who_waits() {
    model(|| {
        let meeting = Arc::new(Oneshot::new());
        let sender = {
            let meeting = meeting.clone();
            thread::spawn(move || meeting.send(7))
        };
        assert_eq!(wait(&meeting), Some(7));
        sender.join().expect("a sender does not panic");
    });
}

// mutants: oneshot-no-wake, oneshot-wakes-before-store
#[test]
fn a_sender_that_goes_away_ends_the_wait() {
    model(|| {
        let meeting = Arc::new(Oneshot::<u32>::new());
        let sender = {
            let meeting = meeting.clone();
            thread::spawn(move || meeting.close())
        };
        assert_eq!(wait(&meeting), None);
        sender.join().expect("a sender does not panic");
    });
}
