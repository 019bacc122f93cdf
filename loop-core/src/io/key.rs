//! The name of an operation: a slot of the slab and the generation that it had.

const INDEX_BITS: u32 = 32;
const GENERATION_BITS: u32 = 24;
const GENERATION_MASK: u64 = (1 << GENERATION_BITS) - 1;

/// Names one operation, on both sides of the kernel: `kind:8 | generation:24 | index:32`.
///
/// A slot that is used again has another generation, so a late completion never reaches the
/// wrong operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OpKey(u64);

/// What a completion under a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// The operation itself.
    Operation,
    /// The readiness that the operation waits for before it is submitted again.
    Readiness,
    /// The wake descriptor's poll.
    Wake,
    /// A cancellation, whose own outcome tells nothing.
    Cancel,
}

impl OpKey {
    /// The key of the wake descriptor's poll.
    pub(crate) const WAKE: Self = Self((KeyKind::Wake as u64) << (INDEX_BITS + GENERATION_BITS));
    /// The key of every cancellation.
    pub(crate) const CANCEL: Self =
        Self((KeyKind::Cancel as u64) << (INDEX_BITS + GENERATION_BITS));

    /// The key of the operation in slot `index`, whose generation is cut to 24 bits.
    pub(crate) fn new(index: u32, generation: u32) -> Self {
        Self(((u64::from(generation) & GENERATION_MASK) << INDEX_BITS) | u64::from(index))
    }

    /// The key that came back from the kernel.
    pub(crate) fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The number to hand to the kernel.
    pub(crate) fn raw(self) -> u64 {
        self.0
    }

    /// The same operation's key for `kind`.
    pub(crate) fn with_kind(self, kind: KeyKind) -> Self {
        let bits = INDEX_BITS + GENERATION_BITS;
        Self((self.0 & ((1 << bits) - 1)) | ((kind as u64) << bits))
    }

    pub(crate) fn kind(self) -> KeyKind {
        match self.0 >> (INDEX_BITS + GENERATION_BITS) {
            0 => KeyKind::Operation,
            1 => KeyKind::Readiness,
            2 => KeyKind::Wake,
            _ => KeyKind::Cancel,
        }
    }

    pub(crate) fn index(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }

    pub(crate) fn generation(self) -> u32 {
        ((self.0 >> INDEX_BITS) & GENERATION_MASK) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_parts_through_the_kernel() {
        let key = OpKey::new(7, 0x01ff_ffff).with_kind(KeyKind::Readiness);
        let back = OpKey::from_raw(key.raw());
        assert_eq!(back.index(), 7);
        assert_eq!(back.generation(), 0x00ff_ffff);
        assert_eq!(back.kind(), KeyKind::Readiness);
        assert_eq!(
            back.with_kind(KeyKind::Operation),
            OpKey::new(7, 0x00ff_ffff)
        );
    }
}
