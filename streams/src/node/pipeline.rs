//! Streams piped one into the next, with one result and nothing left open.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use super::{
    duplex::Duplex,
    event::Event,
    finished::{AbortCall, FinishedOptions, Watch, give_up, watch},
    lifecycle::Lifecycle,
    readable::Readable,
    stream::Stream,
    turns::{Receiver, Sender, defer, oneshot, soon},
    writable::Writable,
};
use crate::{AbortSignal, Error, ErrorKind, Result};

/// Begins a pipeline of streams.
///
/// When one of them fails, or is closed before its end, all are destroyed.
///
/// # Examples
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
///
/// use synodic_streams::{Options, node};
///
/// let options = Options::objects(16);
/// let double = node::TransformBuilder::new(options, options)
///     .transform(|number: u32, out: &node::Readable<u32>, done| {
///         out.push(2 * number);
///         done.ok();
///     })
///     .build();
/// let sum = Rc::new(RefCell::new(0));
/// let total = Rc::clone(&sum);
/// let sink = node::Writable::builder(options)
///     .write(move |number, done| {
///         *total.borrow_mut() += number;
///         done.ok();
///     })
///     .build();
///
/// let source = node::Readable::from_iter([1, 2, 3], options);
/// node::spawn(async move {
///     node::pipeline(&source).through(&double).to(&sink).await.unwrap();
/// });
/// node::settle();
/// assert_eq!(*sum.borrow(), 12);
/// ```
pub fn pipeline<T: Clone + 'static>(source: &Readable<T>) -> PipelineBuilder<T> {
    PipelineBuilder {
        parts: Parts {
            lives: vec![Rc::clone(source.stream().life())],
            joints: Vec::new(),
            keep: Vec::new(),
        },
        tail: source.clone(),
    }
}

/// A pipeline that lacks its end.
#[must_use = "a pipeline needs an end"]
pub struct PipelineBuilder<T> {
    parts: Parts,
    tail: Readable<T>,
}

struct Parts {
    lives: Vec<Rc<Lifecycle>>,
    joints: Vec<Joint>,
    /// The handles, which keep the streams while somebody waits.
    keep: Vec<Rc<dyn Any>>,
}

/// Where two streams meet.
struct Joint {
    pipe: Box<dyn FnOnce()>,
    end: Box<dyn Fn()>,
}

impl<T: Clone + 'static> PipelineBuilder<T> {
    /// Goes through a transform, or any duplex.
    pub fn through<U: Clone + 'static>(mut self, duplex: &Duplex<T, U>) -> PipelineBuilder<U> {
        self.join(duplex.writable());
        PipelineBuilder {
            parts: self.parts,
            tail: duplex.readable().clone(),
        }
    }

    /// Goes into a writable, which is the end.
    pub fn to(mut self, sink: &Writable<T>) -> Pipeline {
        self.join(sink);
        Pipeline {
            parts: self.parts,
            signal: None,
            ends_sink: true,
        }
    }

    /// Runs up to the last duplex, whose readable side stays for somebody else.
    pub(crate) fn run_to_tail(self) -> Running {
        let pipeline = Pipeline {
            parts: self.parts,
            signal: None,
            ends_sink: true,
        };
        pipeline.run()
    }

    fn join(&mut self, destination: &Writable<T>) {
        let (source, sink) = (self.tail.clone(), destination.clone());
        self.parts.keep.push(Rc::new(self.tail.clone()));
        self.parts.keep.push(Rc::new(destination.clone()));
        let end = destination.clone();
        self.parts
            .lives
            .push(Rc::clone(destination.stream().life()));
        self.parts.joints.push(Joint {
            pipe: Box::new(move || source.pipe_open(&sink)),
            end: Box::new(move || end.end()),
        });
    }
}

/// A pipeline that is ready to [`run`](Self::run), or to be awaited.
#[must_use = "a pipeline does nothing before it is run or awaited"]
pub struct Pipeline {
    parts: Parts,
    signal: Option<AbortSignal>,
    ends_sink: bool,
}

impl Pipeline {
    /// Destroys all streams when the signal is given.
    pub fn signal(mut self, signal: &AbortSignal) -> Self {
        self.signal = Some(signal.clone());
        self
    }

    /// Leaves the last stream open when all is written.
    pub fn keep_open(mut self) -> Self {
        self.ends_sink = false;
        self
    }

    /// Starts now, whether somebody waits for the result or not.
    pub fn run(self) -> Running {
        let (sender, receiver) = oneshot();
        let run = Rc::new(Run {
            error: RefCell::default(),
            destroyers: RefCell::default(),
            open_count: Cell::new(0),
            at_success: RefCell::default(),
            sender: RefCell::new(Some(sender)),
            on_abort: RefCell::default(),
        });
        if let Some(signal) = &self.signal {
            let weak = Rc::downgrade(&run);
            let call = move || {
                if let Some(run) = weak.upgrade() {
                    run.conclude(Some(ErrorKind::Aborted.into()), false);
                }
            };
            // Before the steps that the streams have put off.
            let call = AbortCall::new(signal, call, soon);
            *run.on_abort.borrow_mut() = Some(call);
        }
        let Parts {
            lives,
            joints,
            keep,
        } = self.parts;
        let last = lives.len() - 1;
        let mut joints = joints.into_iter();
        for (index, life) in lives.iter().enumerate() {
            let (is_first, is_last) = (index == 0, index == last);
            if !is_last || self.ends_sink {
                run.watch_over(life, is_last, !is_first);
            }
            run.listen_for_errors(life, is_last);
            if !is_first {
                let joint = joints.next().expect("one joint between two streams");
                let ends = !is_last || self.ends_sink;
                run.join(&lives[index - 1], life, joint, ends, is_last);
            }
        }
        Running {
            receiver,
            _run: run,
            _keep: keep,
        }
    }
}

impl IntoFuture for Pipeline {
    type Output = Result<()>;
    type IntoFuture = Running;

    fn into_future(self) -> Running {
        self.run()
    }
}

/// A pipeline that runs. It goes on when this is dropped.
pub struct Running {
    receiver: Receiver<Result<()>>,
    _run: Rc<Run>,
    _keep: Vec<Rc<dyn Any>>,
}

impl Future for Running {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.receiver).poll(cx)
    }
}

/// The state of a pipeline that runs.
struct Run {
    error: RefCell<Option<Error>>,
    destroyers: RefCell<VecDeque<Destroyer>>,
    /// Sides of joints that have not come to their end.
    open_count: Cell<usize>,
    /// Listeners to take away from a last stream that can still be read.
    at_success: RefCell<Vec<Box<dyn FnOnce()>>>,
    sender: RefCell<Option<Sender<Result<()>>>>,
    on_abort: RefCell<Option<AbortCall>>,
}

/// Destroys a stream, unless it has come to its end.
struct Destroyer {
    life: Weak<Lifecycle>,
    is_over: Rc<Cell<bool>>,
}

impl Run {
    fn finish(&self, error: Option<Error>) {
        let open = self.open_count.get().saturating_sub(1);
        self.open_count.set(open);
        self.conclude(error, open == 0);
    }

    fn conclude(&self, error: Option<Error>, is_final: bool) {
        if let Some(error) = error {
            let mut known = self.error.borrow_mut();
            // A real error takes the place of its consequence.
            if known
                .as_ref()
                .is_none_or(|known| known.kind() == ErrorKind::PrematureClose)
            {
                *known = Some(error);
            }
        }
        let error = self.error.borrow().clone();
        if error.is_none() && !is_final {
            return;
        }
        loop {
            let next = self.destroyers.borrow_mut().pop_front();
            let Some(Destroyer { life, is_over }) = next else {
                break;
            };
            if let (false, Some(life)) = (is_over.replace(true), life.upgrade()) {
                let reason = error.clone().unwrap_or_else(|| ErrorKind::Destroyed.into());
                give_up(&life, Some(reason));
            }
        }
        drop(self.on_abort.borrow_mut().take());
        if !is_final {
            return;
        }
        if error.is_none() {
            let clean_ups = std::mem::take(&mut *self.at_success.borrow_mut());
            clean_ups.into_iter().for_each(|clean_up| clean_up());
        }
        if let Some(sender) = self.sender.borrow_mut().take() {
            defer(move || sender.send(error.map_or(Ok(()), Err)));
        }
    }

    fn watch_over(self: &Rc<Self>, life: &Rc<Lifecycle>, is_last: bool, is_written: bool) {
        let is_over = Rc::new(Cell::new(false));
        let flag = Rc::clone(&is_over);
        life.listeners.add(move |event| {
            if matches!(event, Event::Close) {
                flag.set(true);
            }
        });
        let flag = Rc::clone(&is_over);
        let options = FinishedOptions::new()
            .readable(!is_last)
            .writable(is_written);
        let watch = watch(
            life,
            options,
            Box::new(move |result| flag.set(result.is_ok())),
        );
        self.destroyers.borrow_mut().push_back(Destroyer {
            life: Rc::downgrade(life),
            is_over,
        });
        self.cancel_at_success(life, is_last, watch);
    }

    fn cancel_at_success(&self, life: &Lifecycle, is_last: bool, watch: Watch) {
        if is_last && life.is_readable() {
            self.at_success
                .borrow_mut()
                .push(Box::new(move || watch.cancel()));
        }
    }

    fn listen_for_errors(self: &Rc<Self>, life: &Rc<Lifecycle>, is_last: bool) {
        let run = Rc::clone(self);
        let id = life.listeners.add(move |event| {
            let consequences = [ErrorKind::Aborted, ErrorKind::PrematureClose];
            if let Event::Error(error) = event
                && !consequences.contains(&error.kind())
            {
                run.finish(Some(error.clone()));
            }
        });
        if is_last && life.is_readable() {
            let life = Rc::downgrade(life);
            self.at_success.borrow_mut().push(Box::new(move || {
                if let Some(life) = life.upgrade() {
                    life.listeners.remove(id);
                }
            }));
        }
    }

    /// Pipes one stream into the next.
    fn join(
        self: &Rc<Self>,
        source: &Rc<Lifecycle>,
        destination: &Rc<Lifecycle>,
        joint: Joint,
        ends: bool,
        is_last: bool,
    ) {
        self.open_count.set(self.open_count.get() + 2);
        let is_ended = Rc::new(Cell::new(false));
        let (run, flag) = (Rc::clone(self), Rc::clone(&is_ended));
        destination.listeners.add(move |event| {
            if matches!(event, Event::Close) && !flag.get() {
                run.finish(Some(ErrorKind::PrematureClose.into()));
            }
        });
        (joint.pipe)();
        if ends {
            end_after(source, move || {
                is_ended.set(true);
                (joint.end)();
            });
        } else {
            self.finish(None);
        }
        let (run, life) = (Rc::clone(self), Rc::downgrade(source));
        let options = FinishedOptions::new().readable(true).writable(false);
        watch(
            source,
            options,
            Box::new(move |result| run.source_over(&life, result.err())),
        );
        let run = Rc::clone(self);
        let options = FinishedOptions::new().readable(false).writable(true);
        let over = watch(
            destination,
            options,
            Box::new(move |result| run.finish(result.err())),
        );
        self.cancel_at_success(destination, is_last, over);
    }

    fn source_over(self: &Rc<Self>, life: &Weak<Lifecycle>, error: Option<Error>) {
        let is_premature = error
            .as_ref()
            .is_some_and(|error| error.kind() == ErrorKind::PrematureClose);
        let delivers = |life: &Rc<Lifecycle>| {
            let has_ended = life.read.as_ref().is_some_and(|read| read.is_ended.get());
            has_ended && !life.state.is_errored() && !life.state.was_error_told.get()
        };
        match life.upgrade().filter(|life| is_premature && delivers(life)) {
            None => self.finish(error),
            // What it holds may still be read.
            Some(life) => {
                let run = Rc::clone(self);
                life.listeners.add(move |event| match event {
                    Event::End => run.finish(None),
                    Event::Error(error) => run.finish(Some(error.clone())),
                    _ => {}
                });
            }
        }
    }
}

/// Calls `end` once the source has been read to its end.
fn end_after(source: &Rc<Lifecycle>, end: impl FnOnce() + 'static) {
    let was_read = source
        .read
        .as_ref()
        .is_some_and(|read| read.was_end_told.get());
    if was_read && !source.state.is_errored() {
        return defer(end);
    }
    let end = Cell::new(Some(end));
    source.listeners.add(move |event| {
        if matches!(event, Event::End)
            && let Some(end) = end.take()
        {
            end();
        }
    });
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("stages", &self.parts.lives.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for PipelineBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipelineBuilder").finish_non_exhaustive()
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}
