//! Goal: a loop that shuts down gets the result of each piece of blocking work, once. Method: loom
//! runs the code of `src/shared/board.rs` and the mailbox in every order of two threads.
#![cfg(synodic_loom)]

#[path = "common/bell.rs"]
mod bell;
#[allow(dead_code, reason = "each model uses a part of it")]
#[path = "../src/shared/mod.rs"]
mod shared;

use bell::Bell;
use shared::board::Board;
use shared::mailbox::{Doorbell, Mailbox};
use synodic_sync::{Arc, model, thread};

struct Loop {
    board: Board<u32, i32>,
    mailbox: Mailbox<u32, Arc<Bell>>,
    bell: Arc<Bell>,
}

// mutants: board-tells-before-leaving, board-mails-when-closing
#[test]
fn work_that_ends_while_the_loop_shuts_down_gives_its_result_once() {
    model(|| {
        let bell = Arc::new(Bell::default());
        let shared = Arc::new(Loop {
            board: Board::new(),
            mailbox: Mailbox::new(bell.clone()),
            bell,
        });
        let workers: Vec<_> = [1, 2]
            .into_iter()
            .map(|key| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let mail = || drop(shared.mailbox.post(key));
                    shared.board.report(key, 0, mail, || shared.bell.ring());
                })
            })
            .collect();
        // The last poll phase of a loop that is awake, and its end.
        shared.mailbox.awake();
        let mut taken = Vec::new();
        while let Some(key) = shared.mailbox.take() {
            assert!(
                shared.board.take(key),
                "a result is mailed after it is left"
            );
            taken.push(key);
        }
        shared.mailbox.close();
        shared.board.close();
        loop {
            taken.extend(shared.board.take_all().into_iter().map(|(key, _)| key));
            if taken.len() >= 2 {
                break;
            }
            // A result that nobody tells of is a deadlock here, which loom reports.
            shared.bell.wait();
        }
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        for worker in workers {
            worker.join().expect("a worker does not panic");
        }
    });
}
