//! Goal: a heap that is full says so, and works on when there is room again.
//! Method: heaps with small limits and small cages, filled with what lives and with garbage.

use synodic_gc::{Gc, GcKind, GcRefCell, Heap, HeapError, HeapOptions, OutOfMemory, Rootable};

type Values<'gc> = GcRefCell<'gc, Vec<Gc<'gc, [u64; 100]>>>;

fn heap(options: HeapOptions) -> Heap<Rootable![Values<'_>]> {
    Heap::new(options, |_| GcRefCell::new(Vec::new())).expect("room for a heap")
}

fn small() -> HeapOptions {
    HeapOptions::new()
        .min_semi_space_size(1 << 18)
        .max_semi_space_size(1 << 18)
}

/// Fills the heap and returns how many values fitted.
fn fill(heap: &mut Heap<Rootable![Values<'_>]>) -> u64 {
    for number in 0.. {
        let fitted = heap.mutate(|mc, values| match mc.try_alloc([number; 100]) {
            Ok(value) => {
                values.borrow_mut(mc).push(value);
                true
            }
            Err(OutOfMemory(value)) => {
                assert_eq!(value, [number; 100], "the value comes back");
                false
            }
        });
        if !fitted {
            return number;
        }
    }
    unreachable!("the heap has a limit")
}

#[test]
fn the_limit_of_old_space_is_kept_and_what_lives_stays() {
    let mut heap = heap(small().max_old_space_size(4 << 20));
    let count = fill(&mut heap);
    assert!(
        (7 << 19..6 << 20).contains(&(count * 808)),
        "{count} fitted"
    );
    heap.view(|_, values| {
        let values = values.borrow();
        assert_eq!(values.len() as u64, count);
        assert!(
            values
                .iter()
                .zip(0..)
                .all(|(value, number)| **value == [number; 100])
        );
    });
    // Half goes, and as much fits again.
    heap.mutate(|mc, values| values.borrow_mut(mc).truncate(count as usize / 2));
    heap.gc(GcKind::Full);
    let again = fill(&mut heap);
    assert!(again * 3 > count, "{again} fitted after {count}");
}

#[test]
fn a_small_cage_is_used_up_without_harm() {
    let blocks: usize = 24;
    let mut heap = heap(small().cage_size(blocks << 18));
    let count = fill(&mut heap);
    assert!(count as usize * 808 > (blocks - 14) << 18, "{count} fitted");
    heap.gc(GcKind::Full);
    heap.view(|_, values| assert_eq!(values.borrow().len() as u64, count));
    heap.mutate(|mc, values| values.borrow_mut(mc).clear());
    heap.gc(GcKind::Full);
    assert_eq!(heap.memory_usage().heap_total, 0);
    let again = fill(&mut heap);
    assert!(again * 2 > count, "{again} fitted after {count}");
}

#[test]
fn garbage_in_one_section_ends_with_an_error_and_not_with_the_process() {
    let mut heap = heap(small().cage_size(16 << 18));
    heap.mutate(|mc, _| {
        while mc.try_alloc([0_u64; 50]).is_ok() {}
        assert!(mc.gc_pending());
        assert!(mc.try_alloc_slice(1 << 40, |_| 0_u8).is_err());
        assert!(mc.try_alloc_slice(usize::MAX, |_| 0_u64).is_err());
    });
    assert_eq!(heap.memory_usage().heap_used, 0);
    assert!(heap.mutate(|mc, _| mc.try_alloc([0_u64; 50]).is_ok()));
}

#[test]
fn large_objects_are_limited_and_freed() {
    let mut heap = heap(small().max_old_space_size(8 << 20));
    let mut count = 0;
    heap.mutate(|mc, _| {
        while mc.try_alloc_slice(1 << 20, |_| 0_u8).is_ok() {
            count += 1;
        }
    });
    assert!((7..9).contains(&count), "{count} fitted");
    assert_eq!(heap.memory_usage().heap_total, 0);
    heap.mutate(|mc, _| assert!(mc.try_alloc_slice(1 << 20, |_| 0_u8).is_ok()));
}

#[test]
fn a_cage_that_cannot_be_had_is_an_error() {
    // As large as all addresses, and no smaller one will do for such a nursery.
    let options = HeapOptions::new()
        .cage_size(1 << 62)
        .min_semi_space_size(1 << 61);
    let error = Heap::<Rootable![()]>::new(options, |_| ()).expect_err("there are not so many");
    assert!(matches!(error, HeapError::Reserve { .. }));
}

#[test]
fn external_bytes_bring_a_full_collection() {
    let mut heap = heap(small());
    heap.mutate(|mc, _| mc.adjust_external(100 << 20));
    assert_eq!(heap.statistics().full_collections, 1);
    assert_eq!(heap.memory_usage().external, 100 << 20);
    heap.mutate(|mc, _| mc.adjust_external(-(100 << 20)));
    assert_eq!(heap.memory_usage().external, 0);
}

#[test]
fn objects_of_every_size_are_copied_in_a_cage_that_is_nearly_full() {
    type Kept<'gc> = GcRefCell<'gc, Vec<Gc<'gc, [u64]>>>;
    let options = small().cage_size(40 << 18).verify(true);
    let mut heap = Heap::<Rootable![Kept<'_>]>::new(options, |_| GcRefCell::new(Vec::new()))
        .expect("room for a heap");
    // Up to those that have blocks of their own, the sizes in no order.
    let sizes = (0_usize..).map(|number| 1 + number * 7919 % 8100);
    let mut kept = 0;
    for size in sizes {
        let fitted = heap.mutate(|mc, values| {
            let value = mc.try_alloc_slice(size, |_| size as u64);
            value.map(|value| values.borrow_mut(mc).push(value)).is_ok()
        });
        if !fitted {
            break;
        }
        kept += size * 8;
    }
    assert!(kept > 20 << 18, "{kept} bytes fitted");
    for kind in [GcKind::Minor, GcKind::Full, GcKind::Full] {
        heap.gc(kind);
        heap.view(|_, values| {
            let mut bytes = 0;
            for value in &*values.borrow() {
                assert!(value.iter().all(|&number| number == value.len() as u64));
                bytes += value.len() * 8;
            }
            assert_eq!(bytes, kept);
        });
    }
}
