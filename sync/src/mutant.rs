//! Mutants: real code with one ordering weakened or one step left out, chosen at run time.

/// Whether the mutant of this name is to be run.
///
/// Expands to `false` in a normal build. Under `cfg(synodic_loom)` it is true when the environment
/// variable `SYNODIC_MUTANT` holds the name; the variable is read once a process.
///
/// # Examples
///
/// ```
/// # let flag = std::cell::Cell::new(false);
/// if !synodic_sync::mutant!("example-forgets-to-set") {
///     flag.set(true);
/// }
/// # assert!(flag.get());
/// ```
#[cfg(not(synodic_loom))]
#[macro_export]
macro_rules! mutant {
    ($name:literal) => {
        false
    };
}

/// Whether the mutant of this name is to be run.
#[cfg(synodic_loom)]
#[macro_export]
macro_rules! mutant {
    ($name:literal) => {
        $crate::is_selected($name)
    };
}

/// An ordering, with a weaker one for a mutant.
///
/// Expands to the first ordering in a normal build. Under `cfg(synodic_loom)`, with the mutant
/// selected, it is the last.
///
/// # Examples
///
/// ```
/// use synodic_sync::{atomic::AtomicBool, ordering};
///
/// let ready = AtomicBool::new(false);
/// ready.store(true, ordering!(Release, "example-ready-relaxed" => Relaxed));
/// assert!(ready.load(ordering!(Acquire, "example-ready-seen-relaxed" => Relaxed)));
/// ```
#[cfg(not(synodic_loom))]
#[macro_export]
macro_rules! ordering {
    ($real:ident, $name:literal => $weak:ident) => {
        $crate::atomic::Ordering::$real
    };
}

/// An ordering, with a weaker one for a mutant.
#[cfg(synodic_loom)]
#[macro_export]
macro_rules! ordering {
    ($real:ident, $name:literal => $weak:ident) => {
        if $crate::is_selected($name) {
            $crate::atomic::Ordering::$weak
        } else {
            $crate::atomic::Ordering::$real
        }
    };
}

/// Most involuntary switches between threads that a model explores in one execution, unless
/// `LOOM_MAX_PREEMPTIONS` says otherwise. Musuvathi and Qadeer ("Iterative context bounding", PLDI
/// 2007) needed two at most for each of the bugs that they found; one more keeps models within
/// seconds.
#[cfg(synodic_loom)]
const PREEMPTIONS_MAX_DEFAULT: usize = 3;

/// Most steps of one execution, unless `LOOM_MAX_BRANCHES` says otherwise: a loop that never ends
/// is a failure.
#[cfg(synodic_loom)]
const BRANCHES_MAX_DEFAULT: usize = 20_000;

/// Whether `SYNODIC_MUTANT` holds `name`; use [`mutant!`] or [`ordering!`] instead.
#[cfg(synodic_loom)]
pub fn is_selected(name: &str) -> bool {
    static SELECTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    SELECTED
        .get_or_init(|| std::env::var("SYNODIC_MUTANT").ok())
        .as_deref()
        .is_some_and(|selected| selected == name)
}

/// Runs `f` once for every interleaving of its threads, within the bounds.
///
/// The bounds are those of `LOOM_MAX_PREEMPTIONS` (3 when it is not set) and `LOOM_MAX_BRANCHES`
/// (20,000). There is no other: a model that was cut short would pass. On success, one line on the
/// standard error says how many interleavings were explored.
///
/// # Panics
///
/// When an execution fails; loom says which.
#[cfg(synodic_loom)]
pub fn model(f: impl Fn() + Sync + Send + 'static) {
    use std::{
        io::{self, Write},
        sync::atomic::{AtomicU64, Ordering},
    };

    let mut builder = loom::model::Builder::new();
    builder.max_duration = None;
    builder.max_permutations = None;
    builder
        .preemption_bound
        .get_or_insert(PREEMPTIONS_MAX_DEFAULT);
    if std::env::var_os("LOOM_MAX_BRANCHES").is_none() {
        builder.max_branches = BRANCHES_MAX_DEFAULT;
    }
    let preemptions = builder.preemption_bound.unwrap_or(PREEMPTIONS_MAX_DEFAULT);
    let branches = builder.max_branches;
    // std's counter: it counts executions from outside and must not take part in them.
    let executions = std::sync::Arc::new(AtomicU64::new(0));
    let counter = std::sync::Arc::clone(&executions);
    builder.check(move || {
        // Relaxed: loom runs the executions one after the other on this thread.
        counter.fetch_add(1, Ordering::Relaxed);
        f();
    });
    // Relaxed: as above.
    let executions = executions.load(Ordering::Relaxed);
    // Where the standard error is closed, there is nobody to tell.
    let _ = writeln!(
        io::stderr(),
        "Completed in {executions} iterations \
         (at most {preemptions} preemptions and {branches} branches in each)",
    );
}
