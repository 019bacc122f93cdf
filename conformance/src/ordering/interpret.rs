//! Runs a program by the public API of the loop. There are no rules of order here: each operation
//! is the call that a Rust program would make.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, Instant};

use synodic_loop::fs::File;
use synodic_loop::{
    Exception, Handle, Immediate, MessageChannel, MessagePort, Prepare, Promise, Reason, Rejection,
    Resolver, Timeout, VirtualClock, microtask_hop,
};

use super::compare::Outcome;
use super::engine::{Options, build};
use super::program::{Body, Event, Kind, Operation, Program, PromiseState, Step};

/// Runs a program to its end.
pub(crate) fn run(program: &Program, options: &Options) -> Outcome {
    let clock = (!options.real_clock).then(VirtualClock::new);
    let mut event_loop = build(options, clock.clone());
    let machine = Rc::new(Machine {
        handle: event_loop.handle(),
        clock,
        log: RefCell::default(),
        resources: RefCell::default(),
        reached: RefCell::default(),
        file: OnceCell::new(),
    });
    let status = event_loop.run(|| machine.body(&program.ops, None));
    // Promises hold callbacks, which hold the table.
    machine.resources.take();
    // Node's process ends with the low 8 bits.
    Outcome {
        log: machine.log.take(),
        exit_code: status.code() & 0xff,
    }
}

/// What an id is bound to.
#[derive(Clone)]
enum Resource {
    /// Only a promise made by `promise` has a resolver.
    Promise(Promise<()>, Option<Resolver<()>>),
    Timer(Timeout),
    Immediate(Immediate),
    Port(MessagePort<String>),
}

struct Machine {
    handle: Handle,
    /// `None` is the real clock.
    clock: Option<VirtualClock>,
    log: RefCell<Vec<String>>,
    resources: RefCell<HashMap<String, Resource>>,
    /// How many times an operation with `skip` or `max` was reached.
    reached: RefCell<HashMap<*const Operation, u64>>,
    /// What `io_read` reads from.
    file: OnceCell<File>,
}

/// The operation whose callback runs; none in main.
type Own<'a> = Option<&'a Rc<Operation>>;

impl Machine {
    fn emit(&self, entry: String) {
        self.log.borrow_mut().push(entry);
    }

    fn bind(&self, id: &str, resource: Resource) {
        let old = self.resources.borrow_mut().insert(id.to_owned(), resource);
        drop(old);
    }

    fn bind_promise(&self, id: Option<&String>, promise: Promise<()>) {
        if let Some(id) = id {
            self.bind(id, Resource::Promise(promise, None));
        }
    }

    fn lookup(&self, id: &str) -> Option<Resource> {
        self.resources.borrow().get(id).cloned()
    }

    fn promise(&self, id: &str) -> Option<Promise<()>> {
        match self.lookup(id)? {
            Resource::Promise(promise, _) => Some(promise),
            _ => None,
        }
    }

    fn resolver(&self, id: &str) -> Option<Resolver<()>> {
        match self.lookup(id)? {
            Resource::Promise(_, resolver) => resolver,
            _ => None,
        }
    }

    fn port(&self, id: &str) -> Option<MessagePort<String>> {
        match self.lookup(id)? {
            Resource::Port(port) => Some(port),
            _ => None,
        }
    }

    fn body(self: &Rc<Self>, ops: &Body, own: Own<'_>) -> Result<(), Reason> {
        ops.iter().try_for_each(|op| self.execute(op, own))
    }

    /// A callback of an operation.
    fn callback(
        self: &Rc<Self>,
        ops: &Body,
        own: &Rc<Operation>,
    ) -> impl FnMut() -> Result<(), Reason> + 'static {
        let (machine, ops, own) = (self.clone(), ops.clone(), own.clone());
        move || machine.body(&ops, Some(&own))
    }

    /// Counts how often an operation is reached, and says whether it is its turn.
    fn is_due(&self, op: &Rc<Operation>) -> bool {
        if op.skip == 0 && op.max.is_none() {
            return true;
        }
        let mut reached = self.reached.borrow_mut();
        let count = reached.entry(Rc::as_ptr(op)).or_default();
        let before = *count;
        *count += 1;
        before >= op.skip && op.max.is_none_or(|max| before - op.skip < max)
    }

    fn execute(self: &Rc<Self>, op: &Rc<Operation>, own: Own<'_>) -> Result<(), Reason> {
        if !self.is_due(op) {
            return Ok(());
        }
        match &op.kind {
            Kind::Log { label } => self.emit(label.clone()),
            Kind::BusyWait { ms } => self.busy_wait(Duration::from_secs_f64(ms / 1000.0)),
            Kind::Throw { error } => return Err(Reason::message(error)),
            Kind::Again {} => return own.map_or(Ok(()), |own| self.execute(own, Some(own))),
            Kind::SetExitCode { code } => self.handle.set_exit_code(*code),
            Kind::Exit { code } => self.handle.exit(*code),
            Kind::On { event, body, times } => self.listen(*event, body, *times, op),
            Kind::NextTick { body } => self.handle.next_tick(self.callback(body, op)),
            Kind::Microtask { body } => self.handle.queue_microtask(self.callback(body, op)),
            Kind::Promise { .. }
            | Kind::Resolve { .. }
            | Kind::Reject { .. }
            | Kind::Then { .. }
            | Kind::Chain { .. }
            | Kind::AsyncFn { .. } => self.execute_promise(op),
            Kind::SetTimeout { .. }
            | Kind::SetInterval { .. }
            | Kind::SetImmediate { .. }
            | Kind::Clear { .. }
            | Kind::Refresh { .. }
            | Kind::Ref { .. }
            | Kind::Unref { .. }
            | Kind::HasRef { .. } => self.execute_timer(op),
            Kind::IoRead { .. }
            | Kind::Close { .. }
            | Kind::Channel { .. }
            | Kind::OnMessage { .. }
            | Kind::OnClose { .. }
            | Kind::Post { .. }
            | Kind::ClosePort { .. } => self.execute_handle(op),
        }
        Ok(())
    }

    fn busy_wait(&self, time: Duration) {
        match &self.clock {
            Some(clock) => clock.advance(time),
            None => {
                let start = Instant::now();
                while start.elapsed() < time {
                    std::hint::spin_loop();
                }
            }
        }
    }

    fn execute_promise(self: &Rc<Self>, op: &Rc<Operation>) {
        match &op.kind {
            Kind::Promise { id, state, error } => {
                let (promise, resolver) = Promise::with_resolvers(&self.handle);
                match state.unwrap_or(PromiseState::Pending) {
                    PromiseState::Pending => {}
                    PromiseState::Fulfilled => resolver.resolve(()),
                    PromiseState::Rejected => {
                        resolver.reject(Reason::message(error.as_deref().unwrap_or_default()));
                    }
                }
                self.bind(id, Resource::Promise(promise, Some(resolver)));
            }
            Kind::Resolve { target, with } => {
                let Some(resolver) = self.resolver(target) else {
                    return;
                };
                match with.as_ref().and_then(|id| self.promise(id)) {
                    Some(other) => resolver.follow(&other),
                    None => resolver.resolve(()),
                }
            }
            Kind::Reject { target, error } => {
                if let Some(resolver) = self.resolver(target) {
                    resolver.reject(Reason::message(error));
                }
            }
            Kind::Then {
                target,
                ok,
                err,
                id,
            } => {
                let Some(promise) = self.promise(target) else {
                    return;
                };
                let ok = ok.as_ref().map(|body| self.callback(body, op));
                let err = err.as_ref().map(|body| self.callback(body, op));
                let derived = match (ok, err) {
                    (None, None) => promise.then(|()| ()),
                    (Some(mut ok), None) => promise.then(move |()| ok()),
                    (None, Some(mut err)) => promise.catch(move |_| err()),
                    (Some(mut ok), Some(mut err)) => {
                        promise.then_or(move |()| ok(), move |_| err())
                    }
                };
                self.bind_promise(id.as_ref(), derived);
            }
            Kind::Chain { bodies, id } => {
                let first = Promise::resolved(&self.handle, ());
                let last = bodies.iter().fold(first, |promise, body| {
                    let mut callback = self.callback(body, op);
                    promise.then(move |()| callback())
                });
                self.bind_promise(id.as_ref(), last);
            }
            Kind::AsyncFn { steps, id } => {
                let promise = self.handle.call_async(self.async_fn(steps, op));
                self.bind_promise(id.as_ref(), promise);
            }
            _ => unreachable!("told apart by the caller"),
        }
    }

    fn async_fn(
        self: &Rc<Self>,
        steps: &Rc<[Step]>,
        own: &Rc<Operation>,
    ) -> impl Future<Output = Result<(), Reason>> + 'static {
        let (machine, steps, own) = (self.clone(), steps.clone(), own.clone());
        async move {
            for step in steps.iter() {
                if let Some(awaited) = &step.awaited {
                    match awaited.as_ref().and_then(|id| machine.promise(id)) {
                        Some(promise) => promise.hop().await?,
                        None => microtask_hop().await,
                    }
                }
                if let Some(body) = &step.body {
                    machine.body(body, Some(&own))?;
                }
            }
            Ok(())
        }
    }

    fn execute_timer(self: &Rc<Self>, op: &Rc<Operation>) {
        match &op.kind {
            Kind::SetTimeout { id, ms, body } => {
                let timer = self.handle.set_timeout(delay(*ms), self.callback(body, op));
                if let Some(id) = id {
                    self.bind(id, Resource::Timer(timer));
                }
            }
            Kind::SetInterval {
                id,
                ms,
                times,
                body,
            } => {
                let timer = self.set_interval(delay(*ms), *times, self.callback(body, op));
                if let Some(id) = id {
                    self.bind(id, Resource::Timer(timer));
                }
            }
            Kind::SetImmediate { id, body } => {
                let immediate = self.handle.set_immediate(self.callback(body, op));
                if let Some(id) = id {
                    self.bind(id, Resource::Immediate(immediate));
                }
            }
            Kind::Clear { target } => match self.lookup(target) {
                Some(Resource::Timer(timer)) => timer.clear(),
                Some(Resource::Immediate(immediate)) => immediate.clear(),
                _ => {}
            },
            Kind::Refresh { target } => {
                if let Some(Resource::Timer(timer)) = self.lookup(target) {
                    timer.refresh();
                }
            }
            Kind::Ref { target } => self.set_ref(target, true),
            Kind::Unref { target } => self.set_ref(target, false),
            Kind::HasRef { target } => {
                let has_ref = match self.lookup(target) {
                    Some(Resource::Timer(timer)) => timer.has_ref().to_string(),
                    Some(Resource::Immediate(immediate)) => immediate.has_ref().to_string(),
                    Some(Resource::Port(port)) => port.has_ref().to_string(),
                    Some(Resource::Promise(..)) | None => "none".to_owned(),
                };
                self.emit(format!("hasRef:{target}={has_ref}"));
            }
            _ => unreachable!("told apart by the caller"),
        }
    }

    fn set_interval(
        &self,
        period: Duration,
        times: Option<u64>,
        mut callback: impl FnMut() -> Result<(), Reason> + 'static,
    ) -> Timeout {
        let this = Rc::new(OnceCell::<Timeout>::new());
        let inner = this.clone();
        let mut runs = 0;
        let timer = self.handle.set_interval(period, move || {
            runs += 1;
            if times.is_some_and(|times| runs >= times) {
                inner
                    .get()
                    .expect("a timer does not fire while it is made")
                    .clear();
            }
            callback()
        });
        this.get_or_init(|| timer).clone()
    }

    fn set_ref(&self, target: &str, refed: bool) {
        match (self.lookup(target), refed) {
            (Some(Resource::Timer(timer)), true) => drop(timer.r#ref()),
            (Some(Resource::Timer(timer)), false) => drop(timer.unref()),
            (Some(Resource::Immediate(immediate)), true) => drop(immediate.r#ref()),
            (Some(Resource::Immediate(immediate)), false) => drop(immediate.unref()),
            (Some(Resource::Port(port)), true) => drop(port.r#ref()),
            (Some(Resource::Port(port)), false) => drop(port.unref()),
            (Some(Resource::Promise(..)) | None, _) => {}
        }
    }

    fn execute_handle(self: &Rc<Self>, op: &Rc<Operation>) {
        match &op.kind {
            Kind::IoRead { body } => {
                let file = self.file.get_or_init(|| {
                    let path = std::env::current_exe().expect("this program has a path");
                    File::from(std::fs::File::open(path).expect("this program can be read"))
                });
                let mut callback = self.callback(body, op);
                file.read_at(Vec::<u8>::with_capacity(1), 0)
                    .on_complete(move |_| callback());
            }
            Kind::Close { body } => Prepare::new(&self.handle).close(self.callback(body, op)),
            Kind::Channel { id } => {
                let MessageChannel { port1, port2 } = MessageChannel::new(&self.handle);
                self.bind(&format!("{id}.1"), Resource::Port(port1));
                self.bind(&format!("{id}.2"), Resource::Port(port2));
            }
            Kind::OnMessage { port: id, body } => {
                let Some(port) = self.port(id) else { return };
                let (machine, id) = (self.clone(), id.clone());
                let mut callback = self.callback(body, op);
                port.on_message(move |value| {
                    machine.emit(format!("message:{id}:{value}"));
                    callback()
                });
            }
            Kind::OnClose { port: id, body } => {
                let Some(port) = self.port(id) else { return };
                let (machine, id) = (self.clone(), id.clone());
                let mut callback = self.callback(body, op);
                port.on_close(move || {
                    machine.emit(format!("close:{id}"));
                    callback()
                });
            }
            Kind::Post { port, value } => {
                if let Some(port) = self.port(port) {
                    port.post(value.clone());
                }
            }
            Kind::ClosePort { port } => {
                if let Some(port) = self.port(port) {
                    port.close();
                }
            }
            _ => unreachable!("told apart by the caller"),
        }
    }

    fn listen(self: &Rc<Self>, event: Event, body: &Body, times: Option<u64>, op: &Rc<Operation>) {
        let machine = self.clone();
        let mut callback = self.callback(body, op);
        let runs = Cell::new(0);
        let mut heard = move |entry: String| {
            machine.emit(entry);
            // Counted before the body, which may leave by an exit.
            let before = runs.replace(runs.get() + 1);
            if times.is_none_or(|times| before < times) {
                callback()
            } else {
                Ok(())
            }
        };
        let handle = &self.handle;
        match event {
            Event::BeforeExit => {
                handle.on_before_exit(move |code: &i32| heard(format!("beforeExit:{code}")))
            }
            Event::Exit => handle.on_exit(move |code: &i32| heard(format!("exit:{code}"))),
            Event::UncaughtException => handle.on_uncaught_exception(move |e: &Exception| {
                heard(format!("uncaughtException:{}:{}", e.reason, e.origin))
            }),
            Event::UncaughtExceptionMonitor => {
                handle.on_uncaught_exception_monitor(move |e: &Exception| {
                    heard(format!(
                        "uncaughtExceptionMonitor:{}:{}",
                        e.reason, e.origin
                    ))
                })
            }
            Event::UnhandledRejection => handle.on_unhandled_rejection(move |r: &Rejection| {
                heard(format!("unhandledRejection:{}", r.reason))
            }),
            Event::RejectionHandled => handle.on_rejection_handled(move |r: &Rejection| {
                heard(format!("rejectionHandled:{}", r.reason))
            }),
        };
    }
}

/// A delay as JavaScript has it: any number of milliseconds.
fn delay(ms: f64) -> Duration {
    /// The first delay that is out of Node's range.
    const OUT_OF_RANGE: Duration = Duration::from_millis(1 << 31);
    if ms.is_nan() || ms <= 0.0 {
        return Duration::ZERO;
    }
    if ms >= OUT_OF_RANGE.as_secs_f64() * 1000.0 {
        return OUT_OF_RANGE;
    }
    Duration::from_secs_f64((ms * 1000.0).round() / 1e6)
}
