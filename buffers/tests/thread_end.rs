//! What a thread-local of the user's holds, and does as it is dropped, before or after the thread's pool
//! is gone.
#![cfg(not(synodic_loom))]

use std::{cell::RefCell, thread};

use synodic_buffers::{BlockPool, Buffer, BufferMut, LocalPool};

/// Buffers of every origin, which are used once more when the thread ends.
struct Last(Vec<BufferMut>, Vec<Buffer>, BlockPool);

impl Last {
    fn new() -> Self {
        let pool = BlockPool::new();
        let block = pool.block();
        let mut small = BufferMut::copy_from_slice(b"small");
        small.reserve(100);
        let shared = [10, 5000, 300_000].map(|len| BufferMut::zeroed(len).freeze());
        let [a, b, c] = shared.clone();
        Self(
            vec![small, BufferMut::with_capacity(5000), block.into()],
            [shared, [a, b, c]].concat(),
            pool,
        )
    }
}

impl Drop for Last {
    fn drop(&mut self) {
        let copies: Vec<_> = self
            .1
            .iter()
            .map(|buffer| Buffer::copy_from_slice(buffer))
            .collect();
        self.0.iter_mut().for_each(|buffer| {
            buffer.extend_from_slice(b"!");
        });
        drop(self.2.block());
        LocalPool::trim();
        assert_eq!(self.0[0], "small!");
        assert_eq!(copies, self.1);
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

#[test]
fn buffers_are_used_and_dropped_after_the_pool_of_their_thread() {
    // A thread-local is dropped in an order that depends on which was used first.
    for is_pool_first in [false, true] {
        let work = move || {
            if is_pool_first {
                drop(BufferMut::with_capacity(1));
            }
            LAST.with_borrow_mut(|_| ());
            LAST.set(Some(Last::new()));
            let sent = LAST.with_borrow(|last| last.as_ref().map(|last| last.1.clone()));
            sent.unwrap()
        };
        let sent = thread::spawn(work).join().unwrap();
        assert_eq!(sent[0], [0; 10]);
    }
}
