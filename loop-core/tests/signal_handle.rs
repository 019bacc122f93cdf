//! Goal: a signal of the system is a callback at the end of a poll phase. Method: the process sends
//! itself signals; one test, because a signal goes to every handle of the process.

mod common;

use std::cell::OnceCell;
use std::rc::Rc;

use common::on_real_and_virtual;
use rustix::process::{Signal as Number, getpid, kill_process};
use synodic_loop::{Async, Check, EventLoop, RunMode, Signal, SignalKind};

fn raise(number: Number) {
    kill_process(getpid(), number).unwrap();
}

#[test]
fn signals_come_last_in_the_poll_phase_to_each_handle_that_listens() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let listen = |kind, word| {
            let mut say = log.word(word);
            Signal::new(&handle, kind, move |_| say()).unwrap()
        };
        let first = listen(SignalKind::INTERRUPT, "first");
        let second = listen(SignalKind::INTERRUPT, "second");
        let other = listen(SignalKind::TERMINATE, "terminate");
        assert_eq!(other.kind(), SignalKind::TERMINATE);
        let signalled = Async::new(&handle, log.word("async"));
        let check = Check::new(&handle);
        check.start(log.word("check"));
        raise(Number::INT);
        signalled.notifier().notify();
        assert!(event_loop.run_mode(RunMode::Once));
        // A thread of the process takes the signal: it may have come while the turn was under way.
        let mut said = log.take();
        while !said.contains(&"second") {
            event_loop.run_mode(RunMode::Once);
            said.extend(log.take());
        }
        said.retain(|word| *word != "check");
        assert_eq!(said, ["async", "first", "second"]);

        first.close(log.word("closed"));
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["check", "closed"]);
        check.stop();
        drop(signalled);
        // A handle that closes itself, and one for another signal, in a loop that waits.
        let own = Rc::new(OnceCell::<Signal>::new());
        let (slot, say) = (own.clone(), log.clone());
        let closer = Signal::new(&handle, SignalKind::TERMINATE, move |kind| {
            assert_eq!(kind.name(), Some("SIGTERM"));
            say.say("closer");
            slot.get().unwrap().close(|| {});
        });
        assert!(own.set(closer.unwrap()).is_ok());
        second.unref();
        other.unref();
        let raiser = std::thread::spawn(|| raise(Number::TERM));
        assert!(!event_loop.run_mode(RunMode::Default));
        raiser.join().unwrap();
        assert_eq!(log.take(), ["terminate", "closer"]);
        assert!(other.is_active() && !other.has_ref());
    });
}

#[test]
fn what_cannot_be_listened_for_is_an_error_that_names_it() {
    let handle = EventLoop::new().unwrap().handle();
    for kind in [
        SignalKind::KILL,
        SignalKind::STOP,
        SignalKind::SEGMENTATION_FAULT,
    ] {
        let error = Signal::new(&handle, kind, |_| ()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains(kind.name().unwrap()), "{error}");
    }
}
