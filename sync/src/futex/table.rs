//! A futex out of one lock and one condition variable.
//!
//! A sleeper is an entry of the list until somebody takes it out. Whether the word still holds the
//! expected value is checked under the lock that a waker takes, so no wake-up is lost between the
//! check and the sleep: what the kernel does with its bucket locks.

use std::time::{Duration, Instant};

use crate::{
    Condvar, Mutex,
    atomic::{AtomicU32, Ordering},
    mutant,
};

struct Table {
    sleepers: Mutex<Sleepers>,
    woken: Condvar,
}

struct Sleepers {
    /// Address of the word and number of the sleeper, the longest asleep first.
    list: Vec<(usize, u64)>,
    next: u64,
}

#[cfg(not(synodic_loom))]
fn table() -> &'static Table {
    static TABLE: Table = Table {
        sleepers: Mutex::new(Sleepers {
            list: Vec::new(),
            next: 0,
        }),
        woken: Condvar::new(),
    };
    &TABLE
}

#[cfg(synodic_loom)]
loom::lazy_static! {
    static ref TABLE: Table = Table {
        sleepers: Mutex::new(Sleepers { list: Vec::new(), next: 0 }),
        woken: Condvar::new(),
    };
}

#[cfg(synodic_loom)]
fn table() -> &'static Table {
    &TABLE
}

pub(super) fn wait(word: &AtomicU32, expected: u32) {
    sleep(word, expected, None);
}

pub(super) fn wait_timeout(word: &AtomicU32, expected: u32, timeout: Duration) -> bool {
    sleep(word, expected, Instant::now().checked_add(timeout))
}

pub(super) fn wake_one(word: &AtomicU32) {
    wake(word, 1);
}

pub(super) fn wake_all(word: &AtomicU32) {
    wake(word, usize::MAX);
}

fn address(word: &AtomicU32) -> usize {
    std::ptr::from_ref(word).addr()
}

fn sleep(word: &AtomicU32, expected: u32, deadline: Option<Instant>) -> bool {
    let table = table();
    let mut sleepers = table.sleepers.lock();
    // Relaxed: the lock orders this against a waker, and the caller loads again after waking.
    if word.load(Ordering::Relaxed) != expected && !mutant!("futex-check-skipped") {
        return true;
    }
    let me = (address(word), sleepers.next);
    sleepers.next += 1;
    sleepers.list.push(me);
    loop {
        sleepers = match deadline {
            None => table.woken.wait(sleepers),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                table.woken.wait_timeout(sleepers, left).0
            }
        };
        let Some(index) = sleepers.list.iter().position(|sleeper| *sleeper == me) else {
            return true;
        };
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) && !cfg!(synodic_loom) {
            sleepers.list.remove(index);
            return false;
        }
    }
}

fn wake(word: &AtomicU32, count_max: usize) {
    let table = table();
    let address = address(word);
    let mut left = count_max;
    let mut sleepers = table.sleepers.lock();
    sleepers.list.retain(|sleeper| {
        let chosen = left > 0 && sleeper.0 == address;
        left -= usize::from(chosen);
        !chosen
    });
    drop(sleepers);
    if left < count_max {
        table.woken.notify_all();
    }
}

#[cfg(all(test, not(synodic_loom)))]
mod tests {
    use super::*;
    use crate::{Arc, thread};

    #[test]
    fn a_wait_for_another_value_returns_at_once() {
        let word = AtomicU32::new(1);
        wait(&word, 0);
        assert!(wait_timeout(&word, 0, Duration::from_secs(3600)));
    }

    #[test]
    fn a_wait_ends_when_its_time_is_up() {
        let word = AtomicU32::new(0);
        assert!(!wait_timeout(&word, 0, Duration::from_millis(1)));
    }

    #[test]
    fn wakes_reach_every_sleeper_of_their_word() {
        let words = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let sleepers: Vec<_> = (0..4)
            .map(|index| {
                let words = Arc::clone(&words);
                thread::spawn(move || {
                    let word = &words[index % 2];
                    while word.load(Ordering::Acquire) == 0 {
                        wait(word, 0);
                    }
                })
            })
            .collect();
        words[0].store(1, Ordering::Release);
        wake_all(&words[0]);
        words[1].store(1, Ordering::Release);
        wake_one(&words[1]);
        wake_one(&words[1]);
        for sleeper in sleepers {
            sleeper.join().unwrap();
        }
    }
}
