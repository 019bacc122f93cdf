//! Results of blocking work, from any thread to a loop that may be shutting down.

use synodic_sync::{Mutex, mutant};

/// The results that threads have left and the loop has not taken.
///
/// A result goes to the loop by mail, which fixes its place in the order of callbacks, and is kept
/// here until the loop has it: one that shuts down reads no mail any more, and takes it from here.
///
/// A lock and not a lock-free list: the work it ends takes longer by orders of magnitude.
#[derive(Debug)]
pub(crate) struct Board<K, R>(Mutex<State<K, R>>);

#[derive(Debug)]
struct State<K, R> {
    closing: bool,
    results: Vec<(K, R)>,
}

impl<K: Copy + PartialEq, R: Copy> Board<K, R> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State {
            closing: false,
            results: Vec::new(),
        }))
    }

    /// Leaves a result and tells the loop of it: by `mail`, or by `ring` when it is closing. Any
    /// thread.
    pub(crate) fn report(&self, key: K, result: R, mail: impl FnOnce(), ring: impl FnOnce()) {
        let closing = {
            let mut state = self.0.lock();
            // Under one lock with the look at `closing`: either `close` comes first and is seen
            // here, or the loop's `take_all` after it finds the result.
            if !mutant!("board-tells-before-leaving") {
                state.results.push((key, result));
            }
            state.closing && !mutant!("board-mails-when-closing")
        };
        // Told after the unlock: who is told takes the same lock.
        if closing {
            ring()
        } else {
            mail()
        }
        if mutant!("board-tells-before-leaving") {
            self.0.lock().results.push((key, result));
        }
    }

    /// Takes the result of one operation. `false` when it was taken before. The loop's thread only.
    pub(crate) fn take(&self, key: K) -> bool {
        let mut state = self.0.lock();
        let found = state.results.iter().position(|(other, _)| *other == key);
        found
            .map(|position| state.results.swap_remove(position))
            .is_some()
    }

    /// From now on results come only by [`take_all`](Self::take_all), and each rings.
    pub(crate) fn close(&self) {
        self.0.lock().closing = true;
    }

    /// Takes all results that are there. The loop's thread only.
    pub(crate) fn take_all(&self) -> Vec<(K, R)> {
        std::mem::take(&mut self.0.lock().results)
    }
}
