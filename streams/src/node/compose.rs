//! Several duplexes as one.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use super::{
    done::Done,
    duplex::Duplex,
    event::Event,
    finished::{FinishedOptions, give_up, watch},
    lifecycle::Lifecycle,
    pipeline::{PipelineBuilder, pipeline},
    read_side::ReadCore,
    readable::Readable,
    stream::Stream,
    turns::spawn,
    writable::Writable,
};
use crate::{Error, ErrorKind, Options, Result};

/// Begins a composition: a duplex that writes to the first of several and reads from the last.
///
/// When one of them fails, all are destroyed, and the whole with them.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
///
/// let options = Options::objects(4);
/// let double = node::TransformBuilder::new(options, options)
///     .transform(|number: u32, out: &node::Readable<u32>, done| {
///         out.push(2 * number);
///         done.ok();
///     })
///     .build();
/// let pass = node::pass_through(options, options);
/// let both = node::compose(&double).through(&pass).build(options, options);
/// both.writable().write(4);
/// both.readable().on_data(|number| assert_eq!(*number, 8));
/// node::settle();
/// ```
pub fn compose<I: 'static, M: Clone + 'static>(first: &Duplex<I, M>) -> Composer<I, M> {
    Composer {
        head: first.writable().clone(),
        tail: first.readable().clone(),
        pipeline: pipeline(first.readable()),
        last: None,
    }
}

/// A composition that may get longer.
#[must_use = "a composition has to be built"]
pub struct Composer<I, O> {
    head: Writable<I>,
    tail: Readable<O>,
    pipeline: PipelineBuilder<O>,
    /// The last of the streams, once there are two.
    last: Option<Rc<Lifecycle>>,
}

impl<I: 'static, M: Clone + 'static> Composer<I, M> {
    /// Goes on through another duplex.
    pub fn through<O: Clone + 'static>(self, duplex: &Duplex<M, O>) -> Composer<I, O> {
        Composer {
            head: self.head,
            tail: duplex.readable().clone(),
            pipeline: self.pipeline.through(duplex),
            last: Some(Rc::clone(duplex.stream().life())),
        }
    }

    /// The whole, with options for what it buffers itself.
    #[must_use]
    pub fn build(self, write: Options<I>, read: Options<M>) -> Duplex<I, M> {
        let shared = Rc::new(Shared {
            head: self.head,
            tail: self.tail,
            on_drain: RefCell::default(),
            on_finish: RefCell::default(),
            wants_more: Cell::new(false),
            closing: RefCell::default(),
            whole: RefCell::new(Weak::new()),
        });
        let (writer, finisher) = (Rc::clone(&shared), Rc::clone(&shared));
        let (reader, closer) = (Rc::clone(&shared), Rc::clone(&shared));
        let whole = Duplex::builder(write, read)
            .write(move |item, done| writer.write(item, done))
            .finish(move |done| finisher.finish(done))
            .read(move |_| reader.read())
            .destroy(move |error, done| closer.destroy(error, done))
            .build();
        *shared.whole.borrow_mut() = Rc::downgrade(whole.readable().core());
        shared.listen();
        if self.last.is_some() {
            let running = self.pipeline.run_to_tail();
            let weak = Rc::downgrade(&shared);
            spawn(async move {
                let result = running.await;
                if let Some(shared) = weak.upgrade() {
                    shared.over(result);
                }
            });
        }
        whole
    }
}

/// What the hooks of the whole know.
struct Shared<I, O> {
    head: Writable<I>,
    tail: Readable<O>,
    on_drain: RefCell<Option<Done>>,
    on_finish: RefCell<Option<Done>>,
    /// The whole has been asked for more than the last stream had.
    wants_more: Cell<bool>,
    closing: RefCell<Closing>,
    whole: RefCell<Weak<ReadCore<O>>>,
}

#[derive(Default)]
enum Closing {
    #[default]
    Open,
    /// The whole is destroyed, and the parts are not over.
    Waiting(Done),
    /// The parts are over.
    Over,
}

impl<I: 'static, O: 'static> Shared<I, O> {
    fn listen(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        self.head.on(move |event| {
            if let (Event::Drain, Some(shared)) = (event, weak.upgrade()) {
                complete(&shared.on_drain);
            }
        });
        let weak = Rc::downgrade(self);
        let callback = move |_| {
            if let Some(shared) = weak.upgrade() {
                complete(&shared.on_finish);
            }
        };
        let life = Rc::clone(self.tail.stream().life());
        watch(&life, FinishedOptions::new(), Box::new(callback));
        let weak = Rc::downgrade(self);
        self.tail.on_readable(move || {
            if let Some(shared) = weak.upgrade()
                && shared.wants_more.take()
            {
                shared.read();
            }
        });
        let weak = Rc::downgrade(self);
        self.tail.on(move |event| {
            if let (Event::End, Some(shared)) = (event, weak.upgrade())
                && let Some(whole) = shared.whole()
            {
                whole.push_end();
            }
        });
    }

    fn whole(&self) -> Option<Rc<ReadCore<O>>> {
        self.whole.borrow().upgrade()
    }

    fn write(&self, item: I, done: Done) {
        if self.head.write(item) {
            done.ok();
        } else {
            *self.on_drain.borrow_mut() = Some(done);
        }
    }

    fn finish(&self, done: Done) {
        self.head.end();
        *self.on_finish.borrow_mut() = Some(done);
    }

    fn read(&self) {
        let Some(whole) = self.whole() else { return };
        loop {
            let Some(item) = self.tail.read() else {
                self.wants_more.set(true);
                return;
            };
            if !whole.push(item) {
                return;
            }
        }
    }

    fn destroy(&self, error: Option<Error>, done: Done) {
        let is_over = matches!(*self.closing.borrow(), Closing::Over);
        let error = error.or_else(|| (!is_over).then(|| ErrorKind::Aborted.into()));
        self.wants_more.set(false);
        drop(self.on_drain.borrow_mut().take());
        drop(self.on_finish.borrow_mut().take());
        give_up(self.tail.stream().life(), error.clone());
        if is_over {
            done.complete(error.map_or(Ok(()), Err));
        } else {
            *self.closing.borrow_mut() = Closing::Waiting(done);
        }
    }

    /// The parts are over.
    fn over(&self, result: Result<()>) {
        match (self.closing.replace(Closing::Over), result) {
            (Closing::Waiting(done), result) => done.complete(result),
            (_, Err(error)) => {
                if let Some(whole) = self.whole() {
                    whole.life.destroy(Some(error));
                }
            }
            (_, Ok(())) => {}
        }
    }
}

fn complete(done: &RefCell<Option<Done>>) {
    let done = done.borrow_mut().take();
    if let Some(done) = done {
        done.ok();
    }
}

impl<I, O> fmt::Debug for Composer<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composer").finish_non_exhaustive()
    }
}
