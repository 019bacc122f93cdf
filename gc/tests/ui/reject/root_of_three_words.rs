//! A handle to more than a pointer or an enum.

use synodic_gc::{Gc, Heap, HeapOptions, Rootable};

fn main() {
    let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ()).unwrap();
    heap.mutate(|mc, ()| {
        let one = mc.alloc(1);
        mc.root::<Rootable![[Gc<'_, i32>; 3]]>([one; 3])
    });
}
