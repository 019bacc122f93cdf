//! Goal: exit listeners that throw, and calls of `exit` around them, give Node's codes. Method: each
//! program was run on Node 20.20.2, whose output is in its comment.

use std::cell::RefCell;
use std::rc::Rc;

use synodic_loop::{EventLoop, Handle, Reason};

type Seen = Rc<RefCell<Vec<String>>>;

/// Runs a program that sees exit listeners throw, and gives what was seen, and the code.
fn run(main: impl FnOnce(&Handle, &Seen)) -> (Vec<String>, i32) {
    let mut event_loop = EventLoop::new().unwrap();
    let seen = Seen::default();
    let of_exit = seen.clone();
    event_loop.handle().on_exit(move |code| {
        of_exit.borrow_mut().push(format!("exit {code}"));
        Err::<(), _>(Reason::message("in exit"))
    });
    let status = event_loop.run(|| main(&Handle::current(), &seen));
    (seen.take(), status.code())
}

fn hear(handle: &Handle, seen: &Seen) {
    let seen = seen.clone();
    handle.on_uncaught_exception(move |exception| {
        seen.borrow_mut()
            .push(format!("heard {}", exception.reason));
    });
}

#[test]
fn an_exception_in_a_listener_keeps_the_code_of_exit() {
    // process.on("exit", (code) => { console.log("exit", code); throw new Error("in exit"); });
    // process.exit(4);
    assert_eq!(
        run(|handle, _| handle.exit(Some(4))),
        (vec!["exit 4".into()], 4)
    );
}

#[test]
fn an_exception_in_a_listener_keeps_the_code_that_was_set() {
    // As above, with `process.exitCode = 5` in the place of `process.exit(4)`.
    assert_eq!(
        run(|handle, _| handle.set_exit_code(5)),
        (vec!["exit 5".into()], 5)
    );
}

#[test]
fn an_exception_in_a_listener_of_a_natural_end_gives_code_1() {
    assert_eq!(run(|_, _| {}), (vec!["exit 0".into()], 1));
}

#[test]
fn an_exit_whose_listener_threw_and_was_heard_goes_on_to_a_second_exit_event() {
    // As the first, with process.on("uncaughtException", (e) => console.log("heard", e.message))
    // and setTimeout(() => console.log("timer"), 1).
    let (seen, code) = run(|handle, seen| {
        hear(handle, seen);
        let of_timer = seen.clone();
        handle.set_timeout(std::time::Duration::from_millis(1), move || {
            of_timer.borrow_mut().push("timer".into());
        });
        handle.exit(Some(4));
    });
    let expected = [
        "exit 4",
        "heard in exit",
        "timer",
        "exit 4",
        "heard in exit",
    ];
    assert_eq!((seen, code), (expected.map(String::from).to_vec(), 4));
}
