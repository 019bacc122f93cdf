//! Goal: what callbacks and tasks may return, as programs write it. Method: each form once, with no
//! annotation that inference could do without.

use std::error::Error;
use std::io;
use std::rc::Rc;

use synodic_loop::{EventLoop, Handle, Outcome, Reason};

#[test]
fn a_callback_that_ends_in_exit_says_that_it_returns_nothing() {
    let mut event_loop = EventLoop::new().unwrap();
    // `!` cannot implement a trait of ours; see docs/decisions/outcome.md.
    let status = event_loop.run(|| {
        synodic_loop::set_immediate(|| -> () { Handle::current().exit(Some(4)) });
    });
    assert_eq!(status.code(), 4);
}

#[test]
fn a_type_of_the_programs_own_is_an_outcome_when_it_says_so() {
    #[derive(Debug, PartialEq)]
    struct Score(u8);
    impl Outcome for Score {
        type Value = Self;
        fn into_result(self) -> Result<Self, Reason> {
            Ok(self)
        }
    }
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let task = synodic_loop::spawn_local(async { Score(3) });
        assert_eq!(task.await.unwrap(), Score(3));
    });
    done.unwrap();
}

#[test]
fn a_number_needs_no_type() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let task = synodic_loop::spawn_local(async { 42 });
        assert_eq!(task.await.unwrap(), 42);
    });
    done.unwrap();
}

#[test]
fn callbacks_return_nothing_or_a_result() {
    let mut event_loop = EventLoop::new().unwrap();
    let status = event_loop.run(|| {
        synodic_loop::set_immediate(|| {});
        synodic_loop::set_immediate(|| io::Result::Ok(()));
        synodic_loop::set_immediate(|| Err::<(), _>(Reason::message("thrown")));
    });
    assert_eq!(status.code(), 1);
}

#[test]
fn tasks_return_values_that_may_not_be_send() {
    let mut event_loop = EventLoop::new().unwrap();
    let done = event_loop.block_on(async {
        let shared = synodic_loop::spawn_local(async { Rc::new("text") }).await;
        assert_eq!(*shared.unwrap(), "text");
        let failed = synodic_loop::spawn_local(async { Err::<(), _>(io::Error::other("no")) });
        assert!(failed.await.is_err());
    });
    done.unwrap();
}

#[test]
fn any_form_of_error_may_be_thrown() {
    fn boxed() -> Result<(), Box<dyn Error>> {
        Err("no number".parse::<u8>().unwrap_err().into())
    }
    fn boxed_to_be_sent() -> Result<(), Box<dyn Error + Send + Sync>> {
        Err(io::Error::other("the disk is gone").into())
    }
    let reason = boxed().into_result().unwrap_err();
    assert!(reason.error_ref::<std::num::ParseIntError>().is_some());
    let reason = boxed_to_be_sent()
        .map_err(Reason::from_boxed)
        .into_result()
        .unwrap_err();
    assert!(reason.error_ref::<io::Error>().is_some());
    let reason = Err::<(), _>("just a text").into_result().unwrap_err();
    assert_eq!(reason.to_string(), "just a text");
    let mut event_loop = EventLoop::new().unwrap();
    let status = event_loop.run_async(async {
        boxed()?;
        Ok::<(), Box<dyn Error>>(())
    });
    assert_eq!(status.code(), 1);
}
