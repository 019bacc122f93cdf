//! Goal: a microtask host may empty its queue wherever its engine does. Method: a host that does so
//! inside of a task's poll.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use synodic_loop::{EventLoop, Handle, Microtask, MicrotaskHost};

#[derive(Default)]
struct Engine(RefCell<VecDeque<Microtask>>);

impl MicrotaskHost for Engine {
    fn enqueue(&self, microtask: Microtask) {
        self.0.borrow_mut().push_back(microtask);
    }

    fn perform_checkpoint(&self, handle: &Handle) {
        loop {
            let Some(next) = self.0.borrow_mut().pop_front() else {
                return;
            };
            next.run(handle);
        }
    }
}

#[test]
fn a_task_whose_turn_comes_while_it_is_polled_is_polled_again() {
    let engine = Rc::new(Engine::default());
    let builder = EventLoop::builder().microtask_host(engine.clone());
    let mut event_loop = builder.build().unwrap();
    let polls = Rc::new(Cell::new(0));
    let count = polls.clone();
    let handle = event_loop.handle();
    let status = event_loop.run_async(poll_fn(move |context| {
        count.set(count.get() + 1);
        if count.get() == 3 {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        engine.perform_checkpoint(&handle);
        Poll::Pending
    }));
    assert_eq!((status.code(), polls.get()), (0, 3));
}
