//! Goal: async handles wake a loop from any thread, coalesce, and are served in order. Method: a
//! loop that sleeps and threads that signal it; single turns where the order is the question.

mod common;

use std::rc::Rc;
use std::thread;

use common::on_real_and_virtual;
use synodic_loop::{Async, Check, RunMode};

#[test]
fn many_signals_are_one_callback() {
    on_real_and_virtual(|event_loop, log| {
        let signalled = Async::new(&event_loop.handle(), log.word("called"));
        let notifier = signalled.notifier();
        for _ in 0..2 {
            for _ in 0..100 {
                notifier.notify();
            }
            assert!(event_loop.run_mode(RunMode::Once));
            assert_eq!(log.take(), ["called"]);
        }
        assert!(event_loop.run_mode(RunMode::NoWait));
        assert!(log.take().is_empty(), "nobody has signalled it again");
    });
}

#[test]
fn a_signal_of_another_thread_wakes_a_sleeping_loop() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let (say, own) = (log.clone(), Rc::new(std::cell::OnceCell::<Async>::new()));
        let slot = own.clone();
        let signalled = Async::new(&handle, move || {
            say.say("called");
            slot.get().unwrap().close(say.word("closed"));
        });
        let notifier = signalled.notifier();
        assert!(own.set(signalled).is_ok());
        let signaler = thread::spawn(move || {
            notifier.notify();
            notifier
        });
        assert!(!event_loop.run_mode(RunMode::Default));
        assert_eq!(log.take(), ["called", "closed"]);
        // The handle is gone, and so may be the loop.
        signaler.join().unwrap().notify();
        assert!(!event_loop.run_mode(RunMode::NoWait));
        assert!(log.take().is_empty());
    });
}

#[test]
fn a_thousand_signals_of_four_threads_are_none_too_few() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let (seen, say, ender) = (sent.clone(), log.clone(), handle.clone());
        let signalled = Async::new(&handle, move || {
            // Whoever has counted signals afterwards: the last signal finds everything counted.
            if seen.load(std::sync::atomic::Ordering::Acquire) == 1000 {
                say.say("all");
                ender.stop();
            }
        });
        let threads: Vec<_> = (0..4)
            .map(|_| (signalled.notifier(), sent.clone()))
            .map(|(notifier, sent)| {
                thread::spawn(move || {
                    for _ in 0..250 {
                        sent.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
                        notifier.notify();
                    }
                })
            })
            .collect();
        assert!(event_loop.run_mode(RunMode::Default));
        assert!(log.take().starts_with(&["all"]));
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn handles_are_served_in_the_order_in_which_they_were_made() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let handles = ["a", "b", "c"].map(|word| Async::new(&handle, log.word(word)));
        for signalled in handles.iter().rev() {
            signalled.notifier().notify();
        }
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["a", "b", "c"]);
    });
}

#[test]
fn a_signal_during_the_walk_waits_for_the_next_turn_if_the_turn_of_its_handle_is_over() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let (older, middle, younger) = (
            Async::new(&handle, log.word("older")),
            Rc::new(std::cell::OnceCell::<Vec<synodic_loop::Notifier>>::new()),
            Rc::new(std::cell::OnceCell::<Async>::new()),
        );
        let (say, others) = (log.clone(), middle.clone());
        let signaler = Async::new(&handle, move || {
            say.say("middle");
            for other in others.get().unwrap() {
                other.notify();
            }
        });
        assert!(
            younger
                .set(Async::new(&handle, log.word("younger")))
                .is_ok()
        );
        let notifiers = vec![older.notifier(), younger.get().unwrap().notifier()];
        assert!(middle.set(notifiers).is_ok());
        let check = Check::new(&handle);
        check.start(log.word("check"));
        signaler.notifier().notify();
        event_loop.run_mode(RunMode::Once);
        assert_eq!(log.take(), ["middle", "younger", "check"]);
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["older", "check"]);
    });
}

#[test]
fn an_open_handle_keeps_the_loop_alive_until_it_is_unreferenced() {
    on_real_and_virtual(|event_loop, log| {
        let signalled = Async::new(&event_loop.handle(), log.word("called"));
        assert!(event_loop.run_mode(RunMode::NoWait));
        signalled.unref();
        signalled.notifier().notify();
        assert!(!event_loop.run_mode(RunMode::Default));
        assert!(!signalled.has_ref() && log.take().is_empty());
        signalled.r#ref();
        assert!(event_loop.run_mode(RunMode::Once));
        assert_eq!(log.take(), ["called"]);
    });
}
