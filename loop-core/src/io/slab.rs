//! The operations in flight, each in a slot that its key names.

use std::collections::VecDeque;
use std::task::Waker;

use synodic_buffers::Block;

use super::operation::Parked;
use super::{OpKey, Request};
use crate::Reason;
use crate::sys::RawResult;

/// Who is told that an operation ended.
pub(super) enum Waiter {
    /// Nobody has asked yet.
    Nobody,
    /// A future.
    Waker(Waker),
    /// A callback, which holds the operation's handle.
    Callback(OnComplete),
}

/// A callback of an operation. It holds a handle and so would not fit a [`Job`](crate::closure::Job),
/// whose size each slot would have to have room for.
pub(crate) type OnComplete = Box<dyn FnOnce() -> Result<(), Reason>>;

/// One result of a multishot operation.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) result: RawResult,
    /// The received bytes' block.
    pub(crate) block: Option<Block>,
}

/// What a multishot operation has yielded. Apart from its slot, which has to be small for the many
/// that yield one result.
pub(super) struct Results {
    pub(super) waiter: Waiter,
    pub(super) items: VecDeque<Item>,
    /// Whether the last one is among the items, or was taken.
    pub(super) ended: bool,
}

/// Where an operation stands.
pub(super) enum Stage {
    /// The slot is free.
    Vacant,
    /// The driver has it, and somebody holds its handle.
    InFlight(Waiter),
    /// It ended, and the handle has not looked yet.
    Done(RawResult),
    /// A multishot operation whose handle is held.
    Stream(Box<Results>),
    /// The driver still has it, and nobody wants it: its payload stays until the driver lets go.
    Orphan,
}

impl Stage {
    /// Of a one-shot operation that starts, or that was refused with a result.
    pub(super) fn one(refused: Option<RawResult>) -> Self {
        match refused {
            Some(result) => Self::Done(result),
            None => Self::InFlight(Waiter::Nobody),
        }
    }

    /// Of a multishot operation that starts, or that was refused with a result.
    pub(super) fn stream(refused: Option<RawResult>) -> Self {
        let items = refused
            .into_iter()
            .map(|result| Item {
                result,
                block: None,
            })
            .collect();
        Self::Stream(Box::new(Results {
            waiter: Waiter::Nobody,
            items,
            ended: refused.is_some(),
        }))
    }

    /// Whether the driver has the operation and a handle of it is held.
    pub(super) fn is_in_flight(&self) -> bool {
        match self {
            Self::InFlight(_) => true,
            Self::Stream(results) => !results.ended,
            _ => false,
        }
    }
}

/// One place of the slab.
pub(super) struct Slot {
    generation: u32,
    pub(super) stage: Stage,
    /// Whether it keeps the loop alive while in flight.
    pub(super) referenced: bool,
    /// Whether it now waits for readiness, under the key of that kind.
    pub(super) awaits_readiness: bool,
    /// Whether it was asked to end: it is not tried again.
    pub(super) canceled: bool,
    /// Whether it runs, or waits to run, on a blocking thread.
    pub(super) offloaded: bool,
    pub(super) request: Request,
    pub(super) parked: Option<Parked>,
}

/// See the [module](self).
pub(super) struct Slab {
    slots: Vec<Slot>,
    vacant: Vec<u32>,
    /// Slots whose operation the driver has not let go of.
    pub(super) in_flight: usize,
}

impl Slab {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            vacant: Vec::new(),
            in_flight: 0,
        }
    }

    /// Takes a free slot for an operation in `stage`.
    pub(super) fn insert(&mut self, parked: Parked, request: Request, stage: Stage) -> OpKey {
        let slot = Slot {
            generation: 0,
            stage,
            referenced: true,
            awaits_readiness: false,
            canceled: false,
            offloaded: false,
            request,
            parked: Some(parked),
        };
        if let Some(index) = self.vacant.pop() {
            let place = &mut self.slots[index as usize];
            let generation = place.generation;
            *place = Slot { generation, ..slot };
            return OpKey::new(index, generation);
        }
        let index = u32::try_from(self.slots.len()).expect("fewer than 2^32 operations fit memory");
        self.slots.push(slot);
        OpKey::new(index, 0)
    }

    /// The slot that `key` names, unless it has been freed since.
    pub(super) fn get(&mut self, key: OpKey) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(key.index())?;
        let live = OpKey::new(0, slot.generation).generation() == key.generation()
            && !matches!(slot.stage, Stage::Vacant);
        live.then_some(slot)
    }

    /// Frees the slot that `key` names and returns its payload.
    pub(super) fn remove(&mut self, key: OpKey) -> Parked {
        let slot = self.get(key).expect("a slot is freed once");
        slot.stage = Stage::Vacant;
        slot.generation = slot.generation.wrapping_add(1);
        let parked = slot.parked.take().expect("a live slot has its payload");
        let index = u32::try_from(key.index()).expect("an index has 32 bits");
        self.vacant.push(index);
        parked
    }

    /// The keys of all operations whose handle is held and that the driver still has.
    pub(super) fn held_in_flight(&self) -> Vec<OpKey> {
        (0_u32..)
            .zip(&self.slots)
            .filter(|(_, slot)| slot.stage.is_in_flight())
            .map(|(index, slot)| OpKey::new(index, slot.generation))
            .collect()
    }
}

impl std::fmt::Debug for Slab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slab")
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::ops::Nop;

    fn insert(slab: &mut Slab) -> OpKey {
        let (parked, request) = Parked::new(Nop);
        slab.insert(parked, request, Stage::InFlight(Waiter::Nobody))
    }

    #[test]
    fn a_slot_is_less_than_two_cache_lines() {
        assert!(size_of::<Slot>() <= 96, "{}", size_of::<Slot>());
    }

    #[test]
    fn a_key_of_a_freed_slot_names_nothing() {
        let mut slab = Slab::new();
        let first = insert(&mut slab);
        assert!(slab.get(first).is_some());
        drop(slab.remove(first).take());
        assert!(slab.get(first).is_none());
        let second = insert(&mut slab);
        assert_eq!(second.index(), first.index());
        assert!(slab.get(first).is_none());
        drop(slab.remove(second).take());
    }
}
