//! A queue that is used long enough to see both kinds of collection.
#![expect(clippy::print_stdout, reason = "a program shows what it did")]

use synodic_gc::{Gc, GcCell, Heap, HeapError, HeapOptions, Rootable, Trace};

type Link<'gc> = Option<Gc<'gc, Entry<'gc>>>;

#[derive(Trace)]
struct Queue<'gc> {
    first: GcCell<'gc, Link<'gc>>,
    last: GcCell<'gc, Link<'gc>>,
}

#[derive(Trace)]
struct Entry<'gc> {
    text: Gc<'gc, str>,
    next: GcCell<'gc, Link<'gc>>,
}

fn main() -> Result<(), HeapError> {
    let mut heap = Heap::<Rootable![Queue<'_>]>::new(HeapOptions::new(), |_| Queue {
        first: GcCell::new(None),
        last: GcCell::new(None),
    })?;
    for number in 0..2_000_000 {
        heap.mutate(|mc, queue| {
            let entry = mc.alloc(Entry {
                text: mc.alloc_str(&format!("entry {number}")),
                next: GcCell::new(None),
            });
            match queue.last.get() {
                Some(last) => last.next.set(mc, Some(entry)),
                None => queue.first.set(mc, Some(entry)),
            }
            queue.last.set(mc, Some(entry));
            if number >= 100_000 {
                let next = queue.first.get().and_then(|first| first.next.get());
                queue.first.set(mc, next);
            }
        });
    }
    heap.view(|_, queue| println!("first: {:?}", queue.first.get().map(|first| first.text)));
    println!("{:#?}", heap.statistics());
    Ok(())
}
