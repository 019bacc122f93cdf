//! The heap.

use std::fmt;
use std::time::{Duration, Instant};

use super::rootable::{rebrand, rebrand_ref};
use super::{Mutation, Rootable, View};
use crate::error::HeapError;
use crate::options::HeapOptions;
use crate::raw::{Core, Inspector, Marker, Pending, Roots, Scavenger};
use crate::stats::{GcEvent, GcKind, HeapStatistics, MemoryUsage, SpaceStatistics};
use crate::trace::Trace;

/// Whether [`Heap::idle`] has left something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleResult {
    /// Nothing was left.
    NothingToDo,
    /// The time was over.
    MoreWork,
}

/// Is told of collections.
type Listener = Box<dyn FnMut(&GcEvent)>;

/// What a step of [`Heap::run`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<S, T> {
    /// There is more to do, with this state.
    Yield(S),
    /// This is the result.
    Done(T),
}

/// A garbage-collected heap and its root.
///
/// A program works in sections, and the heap collects between them:
///
/// - [`mutate`](Self::mutate) runs a closure with the heap open;
/// - [`enter!`](crate::enter) opens it for the rest of a scope, where `?` and `return` work;
/// - [`run`](Self::run) repeats a closure and hands its state from one section to the next;
/// - [`view`](Self::view) opens it for reading, on a shared borrow.
///
/// Code that recurses and may need to collect on the way passes `&mut Heap` on, keeps what it
/// needs across calls in [`Root`](crate::Root) handles, and opens short sections.
///
/// A heap belongs to one thread, as its handles do:
///
/// ```compile_fail,E0277
/// use synodic_gc::{GcKind, Heap, HeapOptions, Rootable};
///
/// let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
/// std::thread::spawn(move || heap.gc(GcKind::Full));
/// ```
///
/// Its root is a value of the type `R` names; what is reachable
/// from it and from handles stays alive.
///
/// ```
/// use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable, Trace};
///
/// #[derive(Trace)]
/// struct List<'gc> {
///     first: GcCell<'gc, Option<Gc<'gc, Node<'gc>>>>,
/// }
///
/// #[derive(Trace)]
/// struct Node<'gc> {
///     value: u32,
///     next: Option<Gc<'gc, Node<'gc>>>,
/// }
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// let mut heap = Heap::<Rootable![List<'_>]>::new(HeapOptions::new(), |_| List {
///     first: GcCell::new(None),
/// })?;
/// for value in 0..10 {
///     heap.mutate(|mc, list| {
///         let next = list.first.get();
///         list.first.set(mc, Some(mc.alloc(Node { value, next })));
///     });
/// }
/// let sum = heap.view(|_, list| {
///     let nodes = std::iter::successors(list.first.get(), |node| node.next);
///     nodes.map(|node| node.value).sum::<u32>()
/// });
/// assert_eq!(sum, 45);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "v8::Isolate")]
pub struct Heap<R: Rootable> {
    // Dropped before the objects that it points to.
    root: R::Root<'static>,
    core: Box<Core>,
    on_gc: Option<Listener>,
}

impl<R: Rootable> Heap<R> {
    /// Makes a heap, and its root in it.
    ///
    /// # Errors
    ///
    /// When the system has not enough addresses.
    ///
    /// # Panics
    ///
    /// When `root` panics.
    pub fn new(
        options: HeapOptions,
        root: impl for<'gc> FnOnce(&'gc Mutation<'gc>) -> R::Root<'gc>,
    ) -> Result<Self, HeapError> {
        let core = Box::new(Core::new(options)?);
        // SAFETY: `root` is for any lifetime, and nothing collects in it.
        let root = root(unsafe { Mutation::open(&core) });
        // SAFETY: it is shown to sections with their own lifetime, and to the collector.
        let root = unsafe { rebrand::<R>(root) };
        let mut heap = Self {
            root,
            core,
            on_gc: None,
        };
        heap.poll();
        Ok(heap)
    }

    /// Runs `f` with the heap open, then collects if that is due.
    ///
    /// `f` may not collect, so it sees all objects at the addresses where they are. What it
    /// returns contains no pointer into the heap.
    ///
    /// # Panics
    ///
    /// When `f` panics; the heap is as good as before then. When a value panics as it is dropped
    /// in the collection, that panic goes on after the collection.
    pub fn mutate<T>(
        &mut self,
        f: impl for<'gc> FnOnce(&'gc Mutation<'gc>, &'gc R::Root<'gc>) -> T,
    ) -> T {
        // SAFETY: `f` is for any lifetime, and the heap is borrowed while it runs.
        let mc = unsafe { Mutation::open(&self.core) };
        // SAFETY: it is the lifetime of that section.
        let root = unsafe { rebrand_ref::<R>(&self.root) };
        let result = f(mc, root);
        self.poll();
        result
    }

    /// Runs `f` with the heap open for reading. Views can be nested.
    pub fn view<T>(&self, f: impl for<'gc> FnOnce(&'gc View<'gc>, &'gc R::Root<'gc>) -> T) -> T {
        // SAFETY: `f` is for any lifetime, and the heap is borrowed while it runs.
        let view = unsafe { View::open(&self.core) };
        // SAFETY: it is the lifetime of that section.
        let root = unsafe { rebrand_ref::<R>(&self.root) };
        f(view, root)
    }

    /// Calls `step` until it is done, and collects between the steps if that is due. The state
    /// goes from one step to the next, with its pointers brought up to date.
    ///
    /// # Panics
    ///
    /// When `init` or `step` panics, as [`mutate`](Self::mutate) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_gc::{Gc, Heap, HeapOptions, Rootable, Step};
    ///
    /// # fn main() -> Result<(), synodic_gc::HeapError> {
    /// let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ())?;
    /// type State = Rootable![(u32, Gc<'_, str>)];
    /// let text = heap.run::<State, _>(
    ///     |mc, ()| (0, mc.alloc_str("")),
    ///     |mc, (), (count, text)| match count {
    ///         3 => Step::Done(text.to_string()),
    ///         _ => Step::Yield((count + 1, mc.alloc_str(&format!("{text}{count}")))),
    ///     },
    /// );
    /// assert_eq!(text, "012");
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<S: Rootable, T>(
        &mut self,
        init: impl for<'gc> FnOnce(&'gc Mutation<'gc>, &'gc R::Root<'gc>) -> S::Root<'gc>,
        mut step: impl for<'gc> FnMut(
            &'gc Mutation<'gc>,
            &'gc R::Root<'gc>,
            S::Root<'gc>,
        ) -> Step<S::Root<'gc>, T>,
    ) -> T {
        let mut state = self.begin::<S>(init);
        loop {
            self.poll_with(Some(&mut Rooted(&mut state)));
            // SAFETY: `step` is for any lifetime, and the heap is borrowed while it runs.
            let mc = unsafe { Mutation::open(&self.core) };
            // SAFETY: it is the lifetime of that section.
            let root = unsafe { rebrand_ref::<R>(&self.root) };
            // SAFETY: the collector has kept its pointers up to date, and it goes to the
            // section.
            let current = unsafe { rebrand::<S>(state) };
            let result = match step(mc, root, current) {
                Step::Yield(next) => {
                    // SAFETY: it is shown to the collector, until it goes to the next section.
                    state = unsafe { rebrand::<S>(next) };
                    continue;
                }
                Step::Done(result) => result,
            };
            self.poll();
            return result;
        }
    }

    /// Collects now.
    ///
    /// # Panics
    ///
    /// When a value panics as it is dropped; the collection is complete then.
    #[doc(alias = "global.gc")]
    pub fn gc(&mut self, kind: GcKind) {
        match kind {
            GcKind::Minor => self.collect(Pending::Minor, None),
            GcKind::Full => {
                self.collect(Pending::Full, None);
                self.core.finish_sweep();
            }
        }
    }

    /// Collects if that is due.
    ///
    /// # Panics
    ///
    /// As [`gc`](Self::gc) does.
    pub fn safepoint(&mut self) {
        self.poll();
    }

    /// Does work that is due anyway, for about `time`: goes on with a marking, ends it, sweeps. For
    /// when the program has nothing to do.
    ///
    /// Ending a marking takes as long as it does, a few milliseconds at most.
    ///
    /// # Panics
    ///
    /// As [`gc`](Self::gc) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use synodic_gc::{Heap, HeapOptions, IdleResult, Rootable};
    ///
    /// # fn main() -> Result<(), synodic_gc::HeapError> {
    /// let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ())?;
    /// while heap.idle(Duration::from_millis(1)) == IdleResult::MoreWork {
    ///     // Is there something else to do by now?
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn idle(&mut self, time: Duration) -> IdleResult {
        let end = Instant::now() + time;
        loop {
            if self.core.can_finish() {
                self.collect(Pending::Minor, None);
            }
            if !self.core.work_until(end) {
                return IdleResult::NothingToDo;
            }
            if Instant::now() >= end {
                return IdleResult::MoreWork;
            }
        }
    }

    /// Calls `f` after every collection.
    #[doc(alias = "PerformanceObserver")]
    pub fn on_gc(&mut self, f: impl FnMut(&GcEvent) + 'static) {
        self.on_gc = Some(Box::new(f));
    }

    /// Bytes in use.
    #[doc(alias = "process.memoryUsage")]
    pub fn memory_usage(&self) -> MemoryUsage {
        self.core.memory_usage()
    }

    /// Everything that is counted.
    #[doc(alias = "v8.getHeapStatistics")]
    pub fn statistics(&self) -> HeapStatistics {
        self.core.statistics()
    }

    /// The parts of the heap.
    #[doc(alias = "v8.getHeapSpaceStatistics")]
    pub fn space_statistics(&self) -> [SpaceStatistics; 4] {
        self.core.space_statistics()
    }

    /// The heap, and the lifetime by which [`enter!`](crate::enter) opens it.
    pub(super) fn parts(&self) -> (&Core, &R::Root<'static>) {
        (&self.core, &self.root)
    }

    pub(super) fn poll(&mut self) {
        self.poll_with(None);
    }

    #[inline]
    fn poll_with(&mut self, state: Option<&mut dyn Roots>) {
        let pending = self.core.pending();
        if pending != Pending::Nothing {
            self.collect(pending, state);
        }
    }

    /// The first state of `run`.
    fn begin<S: Rootable>(
        &mut self,
        init: impl for<'gc> FnOnce(&'gc Mutation<'gc>, &'gc R::Root<'gc>) -> S::Root<'gc>,
    ) -> S::Root<'static> {
        // SAFETY: `init` is for any lifetime, and the heap is borrowed while it runs.
        let mc = unsafe { Mutation::open(&self.core) };
        // SAFETY: it is the lifetime of that section.
        let root = unsafe { rebrand_ref::<R>(&self.root) };
        let state = init(mc, root);
        // SAFETY: it is shown to the collector, until it goes to the next section.
        unsafe { rebrand::<S>(state) }
    }

    #[cold]
    #[inline(never)]
    fn collect<'a>(&'a mut self, pending: Pending, state: Option<&'a mut (dyn Roots + '_)>) {
        let mut roots = AllRoots {
            root: Rooted(&mut self.root),
            state,
        };
        let (event, panic) = self.core.collect(pending, &mut roots);
        if let Some(on_gc) = &mut self.on_gc {
            on_gc(&event);
        }
        if let Some(panic) = panic {
            std::panic::resume_unwind(panic);
        }
    }
}

/// The root object, and the state between two steps.
struct AllRoots<'a, 's, T> {
    root: Rooted<'a, T>,
    state: Option<&'a mut (dyn Roots + 's)>,
}

impl<T: Trace> Roots for AllRoots<'_, '_, T> {
    fn trace(&self, marker: &mut Marker<'_>) {
        self.root.trace(marker);
        if let Some(state) = &self.state {
            state.trace(marker);
        }
    }

    fn inspect(&self, inspector: &mut Inspector<'_>) {
        self.root.inspect(inspector);
        if let Some(state) = &self.state {
            state.inspect(inspector);
        }
    }

    fn relocate(&mut self, scavenger: &mut Scavenger<'_>) {
        self.root.relocate(scavenger);
        if let Some(state) = &mut self.state {
            state.relocate(scavenger);
        }
    }
}

/// A value outside of the heap.
struct Rooted<'a, T>(&'a mut T);

impl<T: Trace> Roots for Rooted<'_, T> {
    fn trace(&self, marker: &mut Marker<'_>) {
        self.0.trace(marker);
    }

    fn inspect(&self, inspector: &mut Inspector<'_>) {
        self.0.trace(inspector);
    }

    fn relocate(&mut self, scavenger: &mut Scavenger<'_>) {
        self.0.relocate(scavenger);
    }
}

impl<R: Rootable> fmt::Debug for Heap<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("usage", &self.memory_usage())
            .finish_non_exhaustive()
    }
}
