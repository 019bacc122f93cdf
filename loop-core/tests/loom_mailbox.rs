//! Goal: nothing that another thread brings to a loop is lost, and a loop that sleeps is woken.
//! Method: loom runs the code of `src/shared/` in every order of three threads.
#![cfg(synodic_loom)]

#[path = "common/bell.rs"]
mod bell;
#[allow(dead_code, reason = "each model uses a part of it")]
#[path = "../src/shared/mod.rs"]
mod shared;

use std::cell::Cell;

use bell::Bell;
use shared::flag::Flag;
use shared::mailbox::Mailbox;
use shared::raised::Raised;
use synodic_sync::{Arc, model, thread};

type TestMailbox = Mailbox<u32, Arc<Bell>>;

fn mailbox() -> (Arc<TestMailbox>, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    (Arc::new(Mailbox::new(bell.clone())), bell)
}

/// Takes `count` items as a loop does: look, fall asleep, look again, wait.
fn take_all(mailbox: &TestMailbox, bell: &Bell, count: usize) -> u32 {
    mailbox.awake();
    let (mut taken, mut sum) = (0, 0);
    loop {
        while let Some(item) = mailbox.take() {
            taken += 1;
            sum += item;
        }
        if taken == count {
            return sum;
        }
        mailbox.fall_asleep();
        if mailbox.is_empty() {
            // A lost wake-up is a deadlock here, which loom reports.
            bell.wait();
        }
        mailbox.awake();
    }
}

// mutants: mailbox-no-ring, mailbox-sleep-relaxed
#[test]
fn a_loop_that_falls_asleep_takes_every_post() {
    model(|| {
        let (mailbox, bell) = mailbox();
        let posters: Vec<_> = [1, 2]
            .into_iter()
            .map(|item| {
                let mailbox = mailbox.clone();
                thread::spawn(move || assert_eq!(mailbox.post(item), Ok(())))
            })
            .collect();
        assert_eq!(take_all(&mailbox, &bell, 2), 3);
        for poster in posters {
            poster.join().expect("a poster does not panic");
        }
    });
}

// mutants: mailbox-post-ignores-close, mailbox-close-without-fence, mailbox-post-without-fence
#[test]
fn a_post_that_meets_the_close_is_refused_or_dropped_and_never_stays() {
    model(|| {
        let bell = Arc::new(Bell::default());
        let mailbox = Arc::new(Mailbox::new(bell));
        let counted = Arc::new(());
        let poster = {
            let (mailbox, item) = (mailbox.clone(), counted.clone());
            thread::spawn(move || drop(mailbox.post(item)))
        };
        mailbox.close();
        poster.join().expect("a poster does not panic");
        assert_eq!(Arc::strong_count(&counted), 1, "an item stayed behind");
    });
}

// mutants: flag-stays-up, flag-raise-relaxed, flag-lower-relaxed
#[test]
fn a_wake_up_during_a_poll_polls_the_task_again() {
    model(|| {
        let (mailbox, bell) = mailbox();
        // The flag of the task's waker, and what the wakers announce.
        let shared = Arc::new((Flag::new(), AtomicWords::default()));
        let wakers: Vec<_> = (0..2)
            .map(|which| {
                let (mailbox, shared) = (mailbox.clone(), shared.clone());
                thread::spawn(move || {
                    shared.1.announce(which);
                    if shared.0.raise() {
                        assert_eq!(mailbox.post(0), Ok(()));
                    }
                })
            })
            .collect();
        // The first poll, which creation has queued, and then one for each message.
        mailbox.awake();
        while !shared.1.both_announced() {
            take_all(&mailbox, &bell, 1);
            shared.0.lower();
        }
        for waker in wakers {
            waker.join().expect("a waker does not panic");
        }
    });
}

// mutants: mailbox-no-ring, mailbox-notify-relaxed
#[test]
fn a_signal_wakes_a_loop_that_falls_asleep() {
    model(|| {
        let (mailbox, bell) = mailbox();
        let flag = Arc::new(Flag::new());
        let signaler = {
            let (mailbox, flag) = (mailbox.clone(), flag.clone());
            thread::spawn(move || {
                flag.raise();
                mailbox.notify();
            })
        };
        mailbox.awake();
        while !flag.lower() {
            mailbox.fall_asleep();
            if !flag.is_raised() {
                // A lost wake-up is a deadlock here, which loom reports.
                bell.wait();
            }
            mailbox.awake();
        }
        signaler.join().expect("a signaler does not panic");
    });
}

// mutants: raised-notifies-before-push, flag-raise-relaxed, flag-lower-relaxed
#[test]
fn a_callback_sees_what_was_written_before_each_signal_of_its_handle() {
    model(|| {
        let (mailbox, bell) = mailbox();
        let shared = Arc::new((Raised::default(), Flag::new(), AtomicWords::default()));
        let signalers: Vec<_> = (0..2)
            .map(|which| {
                let (mailbox, shared) = (mailbox.clone(), shared.clone());
                thread::spawn(move || {
                    shared.2.announce(which);
                    shared.0.raise(&shared.1, 1, &mailbox);
                })
            })
            .collect();
        mailbox.awake();
        let mut done = false;
        while !done {
            mailbox.fall_asleep();
            if shared.0.is_empty() {
                // A lost signal is a deadlock here, which loom reports.
                bell.wait();
            }
            mailbox.awake();
            while shared.0.take().is_some() {
                shared.1.lower();
                done = shared.2.both_announced();
            }
        }
        for signaler in signalers {
            signaler.join().expect("a signaler does not panic");
        }
    });
}

// mutants: flag-raise-relaxed, flag-lower-relaxed
#[test]
fn what_is_written_before_a_signal_is_seen_by_who_lowers_the_flag() {
    model(|| {
        let shared = Arc::new((Flag::new(), AtomicWords::default()));
        let signaler = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.1.announce(0);
                shared.0.raise();
            })
        };
        if shared.0.lower() {
            assert!(
                shared.1.announced(0),
                "the flag came before what it announces"
            );
        }
        signaler.join().expect("a signaler does not panic");
    });
}

/// Two relaxed words: only the protocol under test orders them.
#[derive(Default)]
struct AtomicWords([synodic_sync::atomic::AtomicBool; 2]);

impl AtomicWords {
    fn announce(&self, which: usize) {
        // Relaxed: pairs with nothing, see above.
        self.0[which].store(true, synodic_sync::atomic::Ordering::Relaxed);
    }

    fn announced(&self, which: usize) -> bool {
        // Relaxed: pairs with nothing, see above.
        self.0[which].load(synodic_sync::atomic::Ordering::Relaxed)
    }

    fn both_announced(&self) -> bool {
        self.announced(0) && self.announced(1)
    }
}
