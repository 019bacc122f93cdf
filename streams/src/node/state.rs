//! The facts about a stream, and the rules that follow from them: no items, no calls, no time.

use std::cell::{Cell, RefCell};

use crate::Error;

/// What both sides share.
#[derive(Debug, Default)]
pub(crate) struct LifeState {
    /// The hook `construct` has completed, or there is none.
    pub(crate) is_constructed: Cell<bool>,
    /// Somebody asked for the end of the stream.
    pub(crate) is_destroyed: Cell<bool>,
    /// The hook `destroy` has completed.
    pub(crate) is_closed: Cell<bool>,
    pub(crate) was_close_told: Cell<bool>,
    pub(crate) was_error_told: Cell<bool>,
    pub(crate) error: RefCell<Option<Error>>,
}

impl LifeState {
    pub(crate) fn is_errored(&self) -> bool {
        self.error.borrow().is_some()
    }

    pub(crate) fn error(&self) -> Option<Error> {
        self.error.borrow().clone()
    }

    /// Notes an error, unless there is one already.
    pub(crate) fn note(&self, error: &Error) {
        self.error.borrow_mut().get_or_insert_with(|| error.clone());
    }
}

/// The readable side.
#[derive(Debug, Default)]
pub(crate) struct ReadState {
    /// What is buffered, in units.
    pub(crate) len: Cell<usize>,
    pub(crate) high_water_mark: Cell<usize>,
    /// Not known until somebody asks for data or pauses.
    pub(crate) flowing: Cell<Option<bool>>,
    /// Not known until somebody pauses or resumes.
    pub(crate) paused: Cell<Option<bool>>,
    /// The source has delivered its end.
    pub(crate) is_ended: Cell<bool>,
    /// The listeners have been told of the end.
    pub(crate) was_end_told: Cell<bool>,
    /// The hook `read` was called and has not delivered.
    pub(crate) is_reading: Cell<bool>,
    /// The hook `read` is being called.
    pub(crate) is_in_hook: Cell<bool>,
    /// Somebody has found the buffer empty.
    pub(crate) needs_readable: Cell<bool>,
    /// "Readable" is on its way.
    pub(crate) is_readable_told: Cell<bool>,
    pub(crate) has_readable_listeners: Cell<bool>,
    pub(crate) has_data_listeners: Cell<bool>,
    pub(crate) is_resume_scheduled: Cell<bool>,
    pub(crate) is_more_scheduled: Cell<bool>,
}

impl ReadState {
    pub(crate) fn new(high_water_mark: usize) -> Self {
        let this = Self::default();
        this.high_water_mark.set(high_water_mark);
        // Nothing is told from within a constructor.
        this.is_in_hook.set(true);
        this
    }

    pub(crate) fn is_flowing(&self) -> bool {
        self.flowing.get() == Some(true)
    }

    /// Whether the source should deliver more.
    pub(crate) fn wants_more(&self) -> bool {
        let len = self.len.get();
        !self.is_ended.get() && (len < self.high_water_mark.get() || len == 0)
    }

    /// The end is near: nothing is buffered, and nothing comes.
    pub(crate) fn is_finished(&self) -> bool {
        self.was_end_told.get() || (self.is_ended.get() && self.len.get() == 0)
    }
}

/// The writable side.
#[derive(Debug, Default)]
pub(crate) struct WriteState {
    /// What was written and has not completed, in units.
    pub(crate) len: Cell<usize>,
    pub(crate) high_water_mark: usize,
    /// What the hook has been given, in units.
    pub(crate) in_flight: Cell<usize>,
    /// The hook `write` has been called and has not completed.
    pub(crate) is_writing: Cell<bool>,
    /// The hook `write` or `finish` is being called.
    pub(crate) is_in_hook: Cell<bool>,
    pub(crate) has_queue: Cell<bool>,
    pub(crate) is_queue_worked_on: Cell<bool>,
    pub(crate) corks: Cell<usize>,
    pub(crate) needs_drain: Cell<bool>,
    /// `end` has been called.
    pub(crate) is_ending: Cell<bool>,
    /// `end` has returned.
    pub(crate) is_ended: Cell<bool>,
    pub(crate) was_finish_called: Cell<bool>,
    pub(crate) is_prefinished: Cell<bool>,
    pub(crate) is_finished: Cell<bool>,
    /// Writes and steps that have to complete before the stream can finish.
    pub(crate) pending: Cell<usize>,
    pub(crate) is_completion_scheduled: Cell<bool>,
}

impl WriteState {
    pub(crate) fn new(high_water_mark: usize) -> Self {
        Self {
            high_water_mark,
            ..Self::default()
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        let len = self.len.get();
        len < self.high_water_mark || len == 0
    }

    /// Whether a writer waits for "drain".
    pub(crate) fn awaits_drain(&self, life: &LifeState) -> bool {
        self.needs_drain.get() && !self.is_ending.get() && !life.is_destroyed.get()
    }

    /// Whether something may be written.
    pub(crate) fn is_writable(&self, life: &LifeState) -> bool {
        !self.is_ending.get()
            && !self.is_ended.get()
            && !life.is_destroyed.get()
            && !life.is_errored()
    }

    /// Whether a chunk has to wait in the queue.
    pub(crate) fn must_queue(&self, life: &LifeState) -> bool {
        self.is_writing.get()
            || self.corks.get() > 0
            || life.is_errored()
            || !life.is_constructed.get()
    }

    /// Whether the queue may be worked on.
    pub(crate) fn may_work(&self, life: &LifeState) -> bool {
        self.has_queue.get()
            && !self.is_queue_worked_on.get()
            && self.corks.get() == 0
            && !life.is_destroyed.get()
            && life.is_constructed.get()
    }

    /// Whether all is written and the stream may finish.
    pub(crate) fn may_finish(&self, life: &LifeState) -> bool {
        self.is_ending.get()
            && life.is_constructed.get()
            && !life.is_destroyed.get()
            && !self.is_finished.get()
            && !self.is_writing.get()
            && !self.has_queue.get()
            && self.len.get() == 0
            && !life.was_error_told.get()
            && !life.was_close_told.get()
            && !life.is_errored()
    }

    /// The end is near: nothing is queued, and nothing comes.
    pub(crate) fn is_done(&self) -> bool {
        self.is_finished.get() || (self.is_ended.get() && self.len.get() == 0)
    }
}
