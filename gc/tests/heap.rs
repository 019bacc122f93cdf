//! Goal: a heap collects when it says it does, tells of it, and counts right.
//! Method: programs with a known amount of garbage, and the statistics after them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use synodic_gc::{
    Gc, GcCell, GcKind, Heap, HeapOptions, IdleResult, Rootable, SpaceName, Step, Trace, enter,
};

#[derive(Trace)]
struct Node<'gc> {
    next: GcCell<'gc, Link<'gc>>,
    payload: [u64; 5],
}

type Link<'gc> = Option<Gc<'gc, Node<'gc>>>;
type ListHeap = Heap<Rootable![GcCell<'_, Link<'_>>]>;

/// Bytes of a node with its header.
const NODE_BYTES: u64 = 56;

fn heap(options: HeapOptions) -> ListHeap {
    Heap::new(options, |_| GcCell::new(None)).expect("room for a heap")
}

/// Puts nodes at the front of the list, a few in each section.
fn grow(heap: &mut ListHeap, nodes: u64) {
    for first in (0..nodes).step_by(100) {
        heap.mutate(|mc, list| {
            for number in first..nodes.min(first + 100) {
                let next = GcCell::new(list.get());
                let payload = [number; 5];
                list.set(mc, Some(mc.alloc(Node { next, payload })));
            }
        });
    }
}

fn len(heap: &ListHeap) -> u64 {
    heap.view(|_, list| {
        let nodes = std::iter::successors(list.get(), |node| node.next.get());
        nodes
            .inspect(|node| assert!(node.payload.iter().all(|n| *n == node.payload[0])))
            .count() as u64
    })
}

#[test]
fn garbage_is_collected_and_what_lives_is_promoted_in_the_end() {
    let mut heap = heap(HeapOptions::new().verify(true));
    grow(&mut heap, 1000);
    heap.gc(GcKind::Minor);
    let used = |heap: &ListHeap, name| {
        let spaces = heap.space_statistics();
        let space = spaces.iter().find(|space| space.name == name);
        space.map_or(0, |space| space.space_used_size)
    };
    assert_eq!(used(&heap, SpaceName::OldPointer), 0, "it survived once");
    heap.gc(GcKind::Minor);
    assert_eq!(used(&heap, SpaceName::OldPointer), 1000 * NODE_BYTES);
    assert_eq!(heap.memory_usage().heap_used, 1000 * NODE_BYTES);
    let statistics = heap.statistics();
    assert_eq!(statistics.copied_bytes, 1000 * NODE_BYTES);
    assert_eq!(statistics.promoted_bytes, 1000 * NODE_BYTES);
    assert_eq!(len(&heap), 1000);
    heap.mutate(|mc, list| list.set(mc, None));
    heap.gc(GcKind::Full);
    assert_eq!(heap.memory_usage().heap_used, 0);
    assert_eq!(heap.memory_usage().heap_total, 0);
}

#[test]
fn data_without_pointers_has_a_space_of_its_own() {
    let mut heap = Heap::<Rootable![Gc<'_, str>]>::new(HeapOptions::new(), |mc| {
        mc.alloc_str(&"x".repeat(1000))
    })
    .expect("room for a heap");
    heap.gc(GcKind::Full);
    let spaces = heap.space_statistics();
    let data = spaces.iter().find(|space| space.name == SpaceName::OldData);
    assert_eq!(data.map(|space| space.space_used_size), Some(1016));
}

#[test]
fn a_large_heap_is_marked_in_slices_and_in_idle_time() {
    let nodes = if cfg!(miri) { 20_000 } else { 400_000 };
    let mut heap = heap(HeapOptions::new());
    let events = Rc::new(RefCell::new(Vec::new()));
    let told = Rc::clone(&events);
    heap.on_gc(move |event| told.borrow_mut().push(event.clone()));
    grow(&mut heap, nodes);
    assert_eq!(len(&heap), nodes);
    while heap.idle(Duration::from_millis(1)) == IdleResult::MoreWork {}
    assert_eq!(len(&heap), nodes);
    let statistics = heap.statistics();
    let events = events.borrow();
    let full = events.iter().filter(|event| event.kind == GcKind::Full);
    assert_eq!(full.count() as u64, statistics.full_collections);
    assert_eq!(
        events.len() as u64,
        statistics.full_collections + statistics.minor_collections
    );
    assert!(cfg!(miri) || statistics.full_collections > 0);
    assert!(statistics.used_heap_size >= nodes * NODE_BYTES);
}

#[test]
fn a_section_that_asks_is_told_when_a_collection_is_due() {
    let mut heap = heap(HeapOptions::new());
    let made = heap.mutate(|mc, _| {
        let mut made = 0_u64;
        while !mc.gc_pending() {
            mc.alloc([made; 4]);
            made += 1;
        }
        made
    });
    assert!(made > 10_000, "{made} objects fit into a nursery");
    assert_eq!(heap.statistics().minor_collections, 1);
}

#[test]
fn the_state_of_a_run_moves_with_the_heap() {
    let mut heap = heap(HeapOptions::new().stress(true).verify(true));
    type State = Rootable![(u64, Vec<Gc<'_, str>>)];
    let texts = heap.run::<State, _>(
        |_, _| (0, Vec::new()),
        |mc, _, (count, mut texts)| {
            if count == 50 {
                return Step::Done(texts.iter().map(ToString::to_string).collect::<Vec<_>>());
            }
            texts.push(mc.alloc_str(&format!("text {count}")));
            Step::Yield((count + 1, texts))
        },
    );
    let expected: Vec<_> = (0..50).map(|count| format!("text {count}")).collect();
    assert_eq!(texts, expected);
}

#[test]
fn a_scope_that_entered_collects_at_its_end() {
    let mut heap = heap(HeapOptions::new().stress(true));
    for number in 0..20 {
        let before = heap.statistics();
        {
            enter!(heap => mc, list);
            let next = GcCell::new(list.get());
            let payload = [number; 5];
            list.set(mc, Some(mc.alloc(Node { next, payload })));
        }
        let after = heap.statistics();
        let collections = |s: synodic_gc::HeapStatistics| s.minor_collections + s.full_collections;
        assert_eq!(collections(after), collections(before) + 1);
    }
    assert_eq!(len(&heap), 20);
}
