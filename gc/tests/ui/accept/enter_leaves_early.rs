//! A scope that is left by `?`, `break` and `return`.

use synodic_gc::{Gc, GcKind, Heap, HeapOptions, Rootable, enter};

fn parse(heap: &mut Heap<Rootable![Gc<'_, str>]>) -> Result<u32, std::num::ParseIntError> {
    loop {
        enter!(heap => mc, root);
        if mc.gc_pending() {
            break;
        }
        let number = root.parse()?;
        return Ok(number);
    }
    heap.gc(GcKind::Minor);
    Ok(0)
}

fn main() {
    let mut heap = Heap::new(HeapOptions::new(), |mc| mc.alloc_str("7")).unwrap();
    assert_eq!(parse(&mut heap), Ok(7));
}
