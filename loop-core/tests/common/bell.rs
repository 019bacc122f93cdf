//! The doorbell of the models: what an eventfd is to the loop.

use synodic_sync::{Arc, Condvar, Mutex};

use crate::shared::mailbox::Doorbell;

/// An eventfd: a ring is kept until the next wait.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    came: Condvar,
}

impl Doorbell for Arc<Bell> {
    fn ring(&self) {
        *self.rung.lock() = true;
        self.came.notify_one();
    }
}

impl Bell {
    /// Waits for a ring since the last wait.
    pub(crate) fn wait(&self) {
        let mut rung = self.rung.lock();
        while !*rung {
            rung = self.came.wait(rung);
        }
        *rung = false;
    }
}
