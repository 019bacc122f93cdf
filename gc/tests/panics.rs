//! Goal: a panic of the user's code, wherever it happens, leaves a heap that works.
//! Method: panics in sections, in the making of slices and in `Drop`, followed by collections.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use synodic_gc::{Gc, GcCell, GcKind, GcRefCell, Heap, HeapOptions, Root, Rootable, Trace, enter};

type Last<'gc> = GcCell<'gc, Option<Gc<'gc, str>>>;

fn heap() -> Heap<Rootable![Last<'_>]> {
    Heap::new(HeapOptions::new(), |_| GcCell::new(None)).expect("room for a heap")
}

fn panics(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// Counts its drops, and panics when it is told to.
struct Loud {
    drops: Rc<Cell<u32>>,
    panics: bool,
}

impl Drop for Loud {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
        assert!(!self.panics, "told to");
    }
}

#[derive(Trace)]
struct Holder {
    #[trace(static)]
    _loud: Loud,
}

fn holder(drops: &Rc<Cell<u32>>, panics: bool) -> Holder {
    Holder {
        _loud: Loud {
            drops: Rc::clone(drops),
            panics,
        },
    }
}

#[test]
fn a_panic_in_a_section_leaves_what_was_done() {
    let mut heap = heap();
    let panicked = panics(|| {
        heap.mutate(|mc, last| {
            last.set(mc, Some(mc.alloc_str("before")));
            panic!("in the section");
        });
    });
    assert!(panicked);
    heap.gc(GcKind::Full);
    heap.view(|_, last| assert_eq!(last.get().as_deref(), Some("before")));
}

#[test]
fn a_panic_in_an_entered_scope_leaves_what_was_done() {
    let mut heap = heap();
    let panicked = panics(|| {
        enter!(heap => mc, last);
        last.set(mc, Some(mc.alloc_str("before")));
        panic!("in the scope");
    });
    assert!(panicked);
    heap.gc(GcKind::Full);
    heap.view(|_, last| assert_eq!(last.get().as_deref(), Some("before")));
}

#[test]
fn the_elements_of_a_slice_that_is_not_finished_are_dropped() {
    for (len, good) in [(10, 7), (10_000, 9_999)] {
        let mut heap = heap();
        let drops = Rc::default();
        let panicked = panics(|| {
            heap.mutate(|mc, _| {
                mc.alloc_slice(len, |index| {
                    assert!(index < good, "enough");
                    mc.alloc(index);
                    holder(&drops, false)
                });
            });
        });
        assert!(panicked);
        assert_eq!(drops.get(), good as u32);
        heap.gc(GcKind::Minor);
        heap.gc(GcKind::Full);
        assert_eq!(heap.memory_usage().heap_total, 0, "no block is lost");
        assert_eq!(drops.get(), good as u32);
    }
}

#[test]
fn a_drop_that_panics_is_reported_after_the_collection() {
    for kind in [GcKind::Minor, GcKind::Full] {
        let mut heap = heap();
        let drops = Rc::default();
        heap.mutate(|mc, last| {
            last.set(mc, Some(mc.alloc_str("kept")));
            for index in 0..10 {
                mc.alloc(holder(&drops, index % 4 == 0));
            }
        });
        assert!(panics(|| heap.gc(kind)));
        assert_eq!(drops.get(), 10, "the others are dropped as well");
        heap.gc(GcKind::Full);
        heap.view(|_, last| assert_eq!(last.get().as_deref(), Some("kept")));
        assert_eq!(drops.get(), 10);
    }
}

#[test]
fn a_drop_that_panics_at_the_end_of_the_heap_is_reported() {
    let mut heap = heap();
    let drops = Rc::default();
    heap.mutate(|mc, _| {
        mc.alloc(holder(&drops, true));
        mc.alloc(holder(&drops, false));
    });
    assert!(panics(|| drop(heap)));
    assert_eq!(drops.get(), 2);
}

#[test]
fn a_heap_that_is_dropped_by_a_panic_drops_its_values() {
    let drops = Rc::default();
    let panicked = panics(|| {
        let mut heap = heap();
        heap.mutate(|mc, _| {
            mc.alloc(holder(&drops, true));
        });
        panic!("with the heap on the stack");
    });
    assert!(panicked);
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_handle_that_is_dropped_by_the_collector_frees_its_slot() {
    type Text = Rootable![Gc<'_, str>];
    #[derive(Trace)]
    struct Owner {
        #[trace(static)]
        _handle: Root<Text>,
    }
    let mut heap = heap();
    for _ in 0..3 {
        heap.mutate(|mc, _| {
            let handle = mc.root(mc.alloc_str("held"));
            mc.alloc(Owner { _handle: handle });
        });
        assert_eq!(heap.statistics().number_of_roots, 1);
        heap.gc(GcKind::Minor);
        assert_eq!(heap.statistics().number_of_roots, 0);
    }
}

#[test]
fn a_handle_may_outlive_its_heap() {
    let mut first = heap();
    let handle = first.mutate(|mc, _| mc.root::<Rootable![Gc<'_, str>]>(mc.alloc_str("x")));
    let copy = handle.clone();
    drop(first);
    drop(handle);
    let second = heap();
    assert!(panics(|| second.view(|view, _| {
        let _ = copy.get(view);
    })));
}

#[test]
fn a_handle_is_refused_in_the_section_of_another_heap() {
    let (mut first, second) = (heap(), heap());
    let handle = first.mutate(|mc, _| mc.root::<Rootable![Gc<'_, str>]>(mc.alloc_str("x")));
    assert!(panics(|| second.view(|view, _| {
        let _ = handle.get(view);
    })));
    first.view(|view, _| assert_eq!(&*handle.get(view), "x"));
}

#[test]
fn a_leaked_borrow_keeps_others_out_and_does_not_stop_the_collector() {
    type Names<'gc> = GcRefCell<'gc, Vec<Gc<'gc, str>>>;
    let mut heap = Heap::<Rootable![Gc<'_, Names<'_>>]>::new(HeapOptions::new(), |mc| {
        mc.alloc(GcRefCell::new(Vec::new()))
    })
    .expect("room for a heap");
    heap.gc(GcKind::Full);
    heap.mutate(|mc, names| {
        let mut names = names.borrow_mut(mc);
        names.push(mc.alloc_str("young in an old vector"));
        std::mem::forget(names);
    });
    heap.gc(GcKind::Minor);
    heap.gc(GcKind::Full);
    heap.mutate(|mc, names| {
        assert!(names.try_borrow().is_err());
        assert!(names.try_borrow_mut(mc).is_err());
    });
}
