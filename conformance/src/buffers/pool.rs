//! Which small allocations share memory, and where.

use std::thread;

use serde_json::{Value, json};
use synodic_buffers::{Buffer, BufferMut, LocalPool, PoolLimits};

use super::case::{Case, Fault, malformed};

/// Allocates the sizes in a thread of their own, whose pool nobody has used.
pub(super) fn layout(case: &Case) -> Result<Value, Fault> {
    let limits = PoolLimits::new().slab_bytes(case.position("poolSize")?);
    let size = |value: &Value| value.as_u64().ok_or_else(|| malformed("sizes"));
    let sizes: Result<Vec<_>, _> = case.list("sizes")?.iter().map(size).collect();
    let sizes = sizes?;
    let places = thread::spawn(move || {
        LocalPool::set_limits(limits);
        // All are kept, so that nothing is used again. The first of a slab is where it begins.
        let (mut kept, mut slabs) = (Vec::new(), vec![filled(1)]);
        let place = |size| {
            let buffer = filled(size as usize);
            let place = place(&buffer, &mut slabs);
            kept.push(buffer);
            place
        };
        sizes.into_iter().map(place).collect::<Vec<_>>()
    });
    let places = places.join().map_err(|_| malformed("it panicked"))?;
    Ok(json!({ "allocs": places }))
}

fn filled(size: usize) -> Buffer {
    let mut buffer = BufferMut::with_capacity(size);
    buffer.fill_up();
    buffer.freeze()
}

fn place(buffer: &Buffer, slabs: &mut Vec<Buffer>) -> Value {
    if LocalPool::stats().slabs_started > slabs.len() as u64 {
        slabs.push(buffer.clone());
    }
    match slabs.iter().position(|slab| slab.shares_memory(buffer)) {
        None => json!({ "pooled": false }),
        Some(slab) => {
            let offset = buffer.as_ptr().addr() - slabs[slab].as_ptr().addr();
            json!({ "pooled": true, "slab": slab, "offset": offset })
        }
    }
}
