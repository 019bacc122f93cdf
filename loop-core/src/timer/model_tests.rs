//! The lists do what a model of them does that is simple and slow, and give their memory back.
//!
//! Random programs with fixed seeds; what runs inside callbacks is up to the ordering vectors.

use std::cell::RefCell;
use std::rc::Rc;

use super::lists::{First, Head, TimerLists};
use super::slots::TimerKey;
use crate::closure::Closure;

type Fired = Rc<RefCell<Vec<usize>>>;

/// xorshift64 (Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}

/// Section 6 of the ordering rules, written down with nothing but vectors.
#[derive(Default)]
struct Model {
    timers: Vec<ModelTimer>,
    lists: Vec<ModelList>,
    sequence: u64,
    fired: Vec<usize>,
}

struct ModelTimer {
    duration_ms: u32,
    start_ms: u64,
    repeats: bool,
    live: bool,
    refed: bool,
    destroyed: bool,
    silenced: bool,
}

struct ModelList {
    duration_ms: u32,
    expiry_ms: u64,
    sequence: u64,
    timers: Vec<usize>,
}

impl Model {
    fn set(&mut self, duration_ms: u32, repeats: bool, now_ms: u64) {
        self.timers.push(ModelTimer {
            duration_ms,
            start_ms: now_ms,
            repeats,
            live: true,
            refed: true,
            destroyed: false,
            silenced: false,
        });
        self.insert(self.timers.len() - 1, now_ms);
    }

    fn insert(&mut self, id: usize, start_ms: u64) {
        let duration_ms = self.timers[id].duration_ms;
        self.timers[id].start_ms = start_ms;
        if !self.lists.iter().any(|l| l.duration_ms == duration_ms) {
            self.sequence += 1;
            self.lists.push(ModelList {
                duration_ms,
                expiry_ms: start_ms + u64::from(duration_ms),
                sequence: self.sequence,
                timers: Vec::new(),
            });
        }
        for list in &mut self.lists {
            list.timers.retain(|&other| other != id);
            if list.duration_ms == duration_ms {
                list.timers.push(id);
            }
        }
    }

    fn clear(&mut self, id: usize) {
        let timer = &mut self.timers[id];
        if std::mem::replace(&mut timer.silenced, true) || !timer.live {
            return;
        }
        timer.live = false;
        timer.destroyed = true;
        for list in &mut self.lists {
            list.timers.retain(|&other| other != id);
        }
        let (refed, duration_ms) = (timer.refed, timer.duration_ms);
        self.lists
            .retain(|l| !(refed && l.duration_ms == duration_ms && l.timers.is_empty()));
    }

    fn refresh(&mut self, id: usize, now_ms: u64) {
        if !self.timers[id].destroyed {
            self.insert(id, now_ms);
            self.timers[id].live = true;
        }
    }

    fn pass(&mut self, now_ms: u64) {
        loop {
            let first = self.lists.iter().enumerate();
            let Some((at, list)) = first.min_by_key(|(_, l)| (l.expiry_ms, l.sequence)) else {
                return;
            };
            if list.expiry_ms > now_ms {
                return;
            }
            let Some(&id) = list.timers.first() else {
                self.lists.remove(at);
                continue;
            };
            let timer = &self.timers[id];
            let due_ms = timer.start_ms + u64::from(timer.duration_ms);
            let repeats = timer.repeats && !timer.silenced;
            if due_ms > now_ms {
                self.sequence += 1;
                self.lists[at].expiry_ms = due_ms.max(now_ms + 1);
                self.lists[at].sequence = self.sequence;
                continue;
            }
            self.lists[at].timers.remove(0);
            if !self.timers[id].silenced {
                self.fired.push(id);
            }
            if repeats {
                self.insert(id, now_ms);
            } else {
                self.timers[id].live = false;
            }
        }
    }

    fn refed_count(&self) -> usize {
        self.timers.iter().filter(|t| t.live && t.refed).count()
    }

    fn next_expiry_ms(&self) -> Option<u64> {
        self.lists.iter().map(|l| l.expiry_ms).min()
    }
}

/// The code under test, with what a loop does around it.
struct Real {
    lists: TimerLists,
    /// `None` once the handle is dropped.
    keys: Vec<Option<TimerKey>>,
    fired: Fired,
}

impl Real {
    fn new() -> Self {
        Self {
            lists: TimerLists::new(),
            keys: Vec::new(),
            fired: Rc::default(),
        }
    }

    fn set(&mut self, duration_ms: u32, repeats: bool, now_ms: u64) -> TimerKey {
        let (id, fired) = (self.keys.len(), Rc::clone(&self.fired));
        let callback = Closure::new(move || {
            fired.borrow_mut().push(id);
            Ok(())
        });
        let (key, _) = self.lists.set(duration_ms, repeats, now_ms, callback);
        self.keys.push(Some(key));
        key
    }

    fn clear(&mut self, key: TimerKey) {
        if self.lists.clear(key) {
            drop(self.lists.take_callback(key));
        }
    }

    fn drop_handle(&mut self, key: TimerKey) {
        if self.lists.remove_handle(key) {
            drop(self.lists.release(key));
        }
    }

    fn pass(&mut self, now_ms: u64) {
        while let First::Due(list) = self.lists.first(now_ms) {
            while let Head::Due(key) = self.lists.head(list, now_ms) {
                let Some(running) = self.lists.start(key) else {
                    continue;
                };
                let mut callback = Some(running.callback);
                let called = callback.as_mut().map(Closure::call);
                assert!(called.is_some_and(|result| result.is_ok()));
                if self.lists.finish(key, &mut callback) {
                    self.lists.insert(key, now_ms);
                }
            }
        }
    }

    fn next_expiry_ms(&mut self) -> Option<u64> {
        match self.lists.first(0) {
            First::Later { expiry_ms } => Some(expiry_ms),
            First::Nothing => None,
            First::Due(_) => panic!("nothing is due at the start of time"),
        }
    }
}

fn random_program(seed: u64) {
    let mut random = Random(seed);
    let (mut model, mut real) = (Model::default(), Real::new());
    let mut now_ms = 1;
    for _ in 0..500 {
        let id = random.below(real.keys.len().max(1));
        let key = real.keys.get(id).copied().flatten();
        match (random.below(12), key) {
            (0..=3, _) | (_, None) => {
                let duration_ms = [1, 5, 7, 40, 70_000][random.below(5)];
                let repeats = random.below(8) == 0;
                model.set(duration_ms, repeats, now_ms);
                real.set(duration_ms, repeats, now_ms);
            }
            (4..=6, Some(key)) => {
                model.clear(id);
                real.clear(key);
            }
            (7, Some(key)) => {
                model.refresh(id, now_ms);
                real.lists.refresh(key, now_ms);
            }
            (8, Some(key)) => {
                let refed = random.below(2) == 0;
                model.timers[id].refed = refed;
                real.lists.set_refed(key, refed);
            }
            (9, Some(key)) => {
                real.drop_handle(key);
                real.keys[id] = None;
            }
            (_, Some(key)) => {
                assert_eq!(real.lists.is_live(key), model.timers[id].live);
                now_ms += random.below(4) as u64;
                model.pass(now_ms);
                real.pass(now_ms);
            }
        }
        assert_eq!(*real.fired.borrow(), model.fired, "seed {seed}");
        assert_eq!(real.lists.refed_count, model.refed_count(), "seed {seed}");
        assert_eq!(real.next_expiry_ms(), model.next_expiry_ms(), "seed {seed}");
    }
    end(real, now_ms + 100_000);
}

/// Clears what has a handle, fires what has none, and looks for what is left.
fn end(mut real: Real, now_ms: u64) {
    for key in std::mem::take(&mut real.keys).into_iter().flatten() {
        real.clear(key);
        real.drop_handle(key);
    }
    real.pass(now_ms);
    // What repeats and has no handle is there until the loop is dropped.
    let intervals = real.lists.refed_count + unrefed_live(&mut real);
    assert_eq!(Rc::strong_count(&real.fired), 1 + intervals);
    drop(real.lists.take_callbacks());
    assert_eq!(Rc::strong_count(&real.fired), 1);
}

fn unrefed_live(real: &mut Real) -> usize {
    let timers = real.lists.timers.iter();
    timers
        .filter(|t| t.state.is_live() && !t.state.is_refed())
        .count()
}

#[test]
fn random_programs_do_what_the_model_does() {
    for seed in 1..=100 {
        random_program(seed);
    }
}

/// Entries that all lists have room for.
fn room(real: &Real) -> usize {
    real.lists.lists.iter().map(|list| list.capacity()).sum()
}

fn assert_small(real: &Real, timers: usize) {
    assert!(real.lists.timers.capacity() <= timers);
    assert!(room(real) <= 32 + 8 * timers, "{} entries", room(real));
    assert!(real.lists.order.len() <= 128);
}

#[test]
fn a_timer_that_is_set_and_cleared_again_and_again_takes_no_memory() {
    let mut real = Real::new();
    for now_ms in 1..20_000 {
        let key = real.set(1000, false, now_ms);
        real.clear(key);
        real.drop_handle(key);
    }
    assert_small(&real, 1);
    assert_eq!(real.lists.lists.len(), 1);
}

#[test]
fn holes_behind_a_long_lived_timer_are_closed() {
    let mut real = Real::new();
    real.set(60_000, false, 1);
    let mut window = std::collections::VecDeque::new();
    for now_ms in 1..20_000 {
        window.push_back(real.set(60_000, false, now_ms));
        if window.len() == 50 {
            // The first one stays the first of the list, so each of these leaves a hole.
            let key = window.pop_front().expect("it has 50");
            real.clear(key);
            real.drop_handle(key);
        }
    }
    assert_small(&real, 64);
}

#[test]
fn a_timer_that_is_refreshed_again_and_again_takes_no_memory() {
    let mut real = Real::new();
    let keys: Vec<_> = (0..3).map(|_| real.set(60_000, false, 1)).collect();
    for now_ms in 1..20_000 {
        real.lists.refresh(keys[1], now_ms);
        real.lists.refresh(keys[2], now_ms);
    }
    assert_small(&real, 3);
}

#[test]
fn a_burst_leaves_no_array_behind() {
    let mut real = Real::new();
    let keys: Vec<_> = (0..10_000).map(|_| real.set(100, false, 1)).collect();
    assert!(room(&real) >= keys.len());
    for &key in &keys {
        real.clear(key);
    }
    assert!(room(&real) <= 32);
    for key in keys {
        real.drop_handle(key);
    }
    assert_eq!(Rc::strong_count(&real.fired), 1);
    // The places are used again.
    for _ in 0..10_000 {
        real.set(100, false, 2);
    }
    assert_eq!(real.lists.timers.capacity(), 10_000);
}
