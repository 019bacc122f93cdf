//! Checks after a collection that the heap is what it should be.

use std::collections::HashSet;

use super::cage::{BLOCK_BYTES, Cage, Kind};
use super::collect::Roots;
use super::core::Core;
use super::inspect::{Edge, Inspector};
use super::mark::is_marked;
use super::object::{OBJECT_ALIGN, Object};

impl Core {
    /// Looks at every object that can be reached.
    ///
    /// # Panics
    ///
    /// When a pointer leads to something that is no object, and when an old object points to a
    /// young one without being remembered. After a full collection also when something that can be
    /// reached was not marked.
    pub(super) fn verify(&self, roots: &dyn Roots, is_full: bool) {
        let mut found = Vec::new();
        let mut each = |edge| {
            if let Edge::Strong(object) = edge {
                found.push(object);
            }
        };
        let mut inspector = Inspector::new(&mut each);
        roots.inspect(&mut inspector);
        self.roots.inspect(&mut inspector);
        let mut seen = HashSet::new();
        while let Some(object) = found.pop() {
            if !seen.insert(object.address()) {
                continue;
            }
            let kind = check_object(&self.cage, object);
            assert!(
                !is_full || is_marked(&self.cage, object),
                "the object at {:#x} is reached and was not marked",
                object.address()
            );
            let mut points_to_young = false;
            Inspector::new(&mut |edge| {
                let (Edge::Strong(target) | Edge::Weak(target)) = edge;
                let kind = check_object(&self.cage, target);
                points_to_young |= kind.is_young();
                if let Edge::Strong(target) = edge {
                    found.push(target);
                }
            })
            .object(object);
            assert!(
                !kind.is_old() || !points_to_young || is_remembered(&self.cage, object),
                "the old object at {:#x} points to a young one and is not remembered",
                object.address()
            );
        }
    }
}

/// The kind of the block that the object is in, which has to be that of an object's.
fn check_object(cage: &Cage, object: Object) -> Kind {
    let address = object.address();
    let kind = cage.kind_at(address).unwrap_or(Kind::Free);
    let is_right = match kind {
        Kind::Free | Kind::To | Kind::LargeTail => false,
        Kind::Fresh | Kind::Survivor | Kind::OldPointers | Kind::OldData | Kind::Large => true,
    };
    assert!(is_right, "{address:#x} is in a block of kind {kind:?}");
    assert_eq!(address % OBJECT_ALIGN, 0, "{address:#x} is aligned");
    assert!(object.forwarded().is_none(), "{address:#x} was moved");
    let start = cage.offset(address) % BLOCK_BYTES;
    assert!(
        kind == Kind::Large || start + object.size() <= BLOCK_BYTES,
        "{address:#x} ends in its block"
    );
    kind
}

/// Whether the object, or a part of it, stands in the remembered set.
fn is_remembered(cage: &Cage, object: Object) -> bool {
    let start = cage.offset(object.address());
    (start..start + object.size())
        .step_by(OBJECT_ALIGN)
        .any(|offset| cage.recorded.get(offset))
}
