//! Goal: a signal of the system is a callback at the end of a poll phase. Method: the process sends
//! itself signals; one test, because a signal goes to every handle of the process.

mod common;

use std::cell::OnceCell;
use std::rc::Rc;

use common::on_real_and_virtual;
use rustix::process::{Signal as Number, getpid, kill_process};
use synodic_loop::{Async, Check, RunMode, Signal, SignalKind};

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
        let first = listen(SignalKind::Interrupt, "first");
        let second = listen(SignalKind::Interrupt, "second");
        let other = listen(SignalKind::Terminate, "terminate");
        assert_eq!(other.kind(), SignalKind::Terminate);
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
        let closer = Signal::new(&handle, SignalKind::Terminate, move |kind| {
            assert_eq!(kind.name(), "SIGTERM");
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
