//! Minor collections: copies what lives out of the nursery (Cheney 1970), and promotes what has
//! been copied before.

use std::cell::Cell;
use std::ptr::NonNull;

use super::Bump;
use super::cage::{BLOCK_BYTES, BlockId, Cage, Kind};
use super::object::{Object, TypeInfo};
use super::old::OldSpace;
use super::remember::{Record, RelocateAt, Remembered};
use crate::sys::prefetch;
use crate::trace::{Relocator, sealed::Sealed};

/// A part of an object, whether initialized or not.
type Word = std::mem::MaybeUninit<u64>;

/// Words up to which an object is copied one by one.
const WORDS_INLINE: usize = 16;

/// Records between the one that is looked at and the one that is fetched. A few of them take as
/// long as the memory does.
const PREFETCH_DISTANCE: usize = 8;

/// A pointer that does not keep its target alive.
pub(crate) type WeakSlot = Cell<Option<Object>>;

/// One minor collection under way.
pub(crate) struct Scavenger<'a> {
    cage: &'a Cage,
    old_pointers: &'a mut OldSpace,
    old_data: &'a mut OldSpace,
    remembered: &'a mut Remembered,
    /// Whether the first survival is enough for a promotion.
    promote_all: bool,
    /// Where promoted objects go as well, which are marked, while marking is under way.
    shaded: Option<&'a mut Vec<Object>>,
    to: ToSpace,
    /// Promoted objects that may still point to the nursery.
    promoted: Vec<Object>,
    /// Whether what is being relocated points to an object that stays young.
    saw_young: bool,
    weak: Vec<NonNull<WeakSlot>>,
    /// Whether a weak pointer lost its target.
    pub(super) cleared_weak: bool,
    pub(super) copied_bytes: usize,
    pub(super) promoted_bytes: usize,
}

/// Where survivors go; what lies between `scan` and the top was copied and not yet looked into.
#[derive(Debug)]
struct ToSpace {
    bump: Bump,
    blocks: Vec<BlockId>,
    /// Where the objects of each block but the last end.
    ends: Vec<usize>,
    scan_block: usize,
    scan: *mut u8,
}

impl<'a> Scavenger<'a> {
    pub(super) fn new(
        cage: &'a Cage,
        old_pointers: &'a mut OldSpace,
        old_data: &'a mut OldSpace,
        remembered: &'a mut Remembered,
        promote_all: bool,
        shaded: Option<&'a mut Vec<Object>>,
    ) -> Self {
        Self {
            cage,
            old_pointers,
            old_data,
            remembered,
            promote_all,
            shaded,
            to: ToSpace {
                bump: Bump::EMPTY,
                blocks: Vec::new(),
                ends: Vec::new(),
                scan_block: 0,
                scan: std::ptr::null_mut(),
            },
            promoted: Vec::new(),
            saw_young: false,
            weak: Vec::new(),
            cleared_weak: false,
            copied_bytes: 0,
            promoted_bytes: 0,
        }
    }

    /// Relocates everything that is remembered. What points to survivors stays remembered.
    pub(super) fn relocate_remembered(&mut self) {
        let records = self.remembered.take(&self.cage.recorded);
        for (index, &record) in records.iter().enumerate() {
            if let Some(later) = records.get(index + PREFETCH_DISTANCE) {
                prefetch(self.cage.pointer(later.offset));
            }
            self.saw_young = false;
            // SAFETY: the record was made for this place, which is in a block that was old then
            // and is not swept before the set is empty.
            unsafe { (record.look)(self.cage.pointer(record.offset), self) };
            if self.saw_young {
                self.remembered.insert(&self.cage.recorded, record);
            }
        }
    }

    /// Copies everything that can be reached from what was copied.
    pub(super) fn finish(&mut self) {
        loop {
            if let Some(object) = self.next_survivor() {
                let info = object.info();
                relocate(object, info, self);
            } else if let Some(object) = self.promoted.pop() {
                self.saw_young = false;
                relocate(object, object.info(), self);
                if self.saw_young {
                    let record = Record {
                        offset: self.cage.offset(object.address()),
                        look: relocate_object as RelocateAt,
                    };
                    self.remembered.insert(&self.cage.recorded, record);
                }
            } else {
                break;
            }
        }
        self.clear_weak();
    }

    /// Ends the collection: the blocks that hold the survivors now.
    pub(super) fn into_survivors(self) -> Vec<BlockId> {
        for &block in &self.to.blocks {
            self.cage.set_kind(block, Kind::Survivor);
        }
        self.to.blocks
    }

    /// Where the object is after this collection.
    #[inline]
    fn moved(&mut self, object: Object) -> Object {
        let kind = self.cage.kind_at(object.address()).unwrap_or(Kind::Free);
        if !kind.is_from() {
            self.saw_young |= kind == Kind::To;
            return object;
        }
        if let Some(target) = object.forwarded() {
            self.saw_young |= self.cage.kind_at(target.address()) == Some(Kind::To);
            return target;
        }
        self.copy(object, kind)
    }

    fn copy(&mut self, object: Object, kind: Kind) -> Object {
        let size = object.size();
        let info = object.info();
        let promote = self.promote_all || kind == Kind::Survivor;
        let room = match (promote, info.has_pointers) {
            (false, _) => self.to.take(self.cage, size),
            (true, true) => self.old_pointers.take(self.cage, size),
            (true, false) => self.old_data.take(self.cage, size),
        };
        let room = room.expect("the nursery does not grow beyond what can be copied");
        // SAFETY: the object is `size` bytes long, the room too, and it was just taken.
        unsafe { copy_words(object.start().cast(), room.cast(), size / size_of::<Word>()) };
        // SAFETY: the header was copied with the rest.
        let target = unsafe { Object::new(room) };
        object.forward(target);
        if promote {
            self.promoted_bytes += size;
            if let Some(shaded) = &mut self.shaded {
                self.cage.marks.set(self.cage.offset(target.address()));
                shaded.push(target);
            }
            if info.has_pointers {
                self.promoted.push(target);
            }
        } else {
            self.copied_bytes += size;
            self.saw_young = true;
        }
        target
    }

    /// The next copied object that was not looked into.
    #[inline]
    fn next_survivor(&mut self) -> Option<Object> {
        let start = self.to.next(self.cage)?;
        // SAFETY: objects lie side by side between the start and the end of a block's copies.
        let object = unsafe { Object::new(start) };
        self.to.scan = self.to.scan.wrapping_add(object.size());
        Some(object)
    }

    /// Weak pointers follow what was copied, and lose what was not.
    fn clear_weak(&mut self) {
        for slot in std::mem::take(&mut self.weak) {
            // SAFETY: the slot is in an object that was relocated in this collection, after
            // which it does not move.
            let slot = unsafe { slot.as_ref() };
            let target = slot.get().and_then(|target| {
                let kind = self.cage.kind_at(target.address())?;
                if kind.is_from() {
                    target.forwarded()
                } else {
                    Some(target)
                }
            });
            self.cleared_weak |= target.is_none();
            slot.set(target);
        }
    }
}

impl Sealed for Scavenger<'_> {}

impl Relocator for Scavenger<'_> {
    #[inline]
    fn pointer(&mut self, object: &mut Object) {
        *object = self.moved(*object);
    }

    fn weak(&mut self, slot: &WeakSlot) {
        let kind = slot
            .get()
            .and_then(|target| self.cage.kind_at(target.address()));
        if kind.is_some_and(Kind::is_young) {
            // Whether the target stays young is not known yet.
            self.saw_young |= !self.promote_all;
            self.weak.push(NonNull::from(slot));
        }
    }

    fn leaves_young(&mut self, f: impl FnOnce(&mut Self)) -> bool {
        let before = std::mem::take(&mut self.saw_young);
        f(self);
        let leaves = self.saw_young;
        self.saw_young |= before;
        leaves
    }
}

impl ToSpace {
    #[inline]
    fn take(&mut self, cage: &Cage, bytes: usize) -> Option<NonNull<u8>> {
        if let Some(start) = self.bump.take(bytes) {
            return Some(start);
        }
        let block = cage.take(1, Kind::To)?;
        let start = cage.start(block);
        if self.blocks.is_empty() {
            self.scan = start.as_ptr();
        } else {
            self.ends.push(self.bump.top().addr());
        }
        self.blocks.push(block);
        self.bump = Bump::new(start, BLOCK_BYTES);
        self.bump.take(bytes)
    }

    /// Where the next object is that was not looked into.
    #[inline]
    fn next(&mut self, cage: &Cage) -> Option<NonNull<u8>> {
        while let Some(&end) = self.ends.get(self.scan_block) {
            if self.scan.addr() < end {
                return NonNull::new(self.scan);
            }
            self.scan_block += 1;
            self.scan = cage.start(self.blocks[self.scan_block]).as_ptr();
        }
        if self.scan.addr() < self.bump.top().addr() {
            NonNull::new(self.scan)
        } else {
            None
        }
    }
}

/// Copies an object. Most are a few words long, for which a call of `memcpy` takes longer.
///
/// # Safety
///
/// Both ranges are there, aligned and apart.
#[inline]
unsafe fn copy_words(from: NonNull<Word>, to: NonNull<Word>, words: usize) {
    if words > WORDS_INLINE {
        // SAFETY: the caller's promise.
        unsafe { to.copy_from_nonoverlapping(from, words) };
        return;
    }
    for index in 0..words {
        // SAFETY: within the range.
        let word = unsafe { from.add(index) };
        // SAFETY: within the range.
        let place = unsafe { to.add(index) };
        // SAFETY: both are aligned; what is not initialized is copied as such.
        unsafe { place.copy_from_nonoverlapping(word, 1) };
    }
}

#[inline]
fn relocate(object: Object, info: &'static TypeInfo, scavenger: &mut Scavenger<'_>) {
    if info.has_pointers {
        // SAFETY: the header says the type; references into the heap end before a collection.
        unsafe { (info.relocate)(object, scavenger) };
    }
}

/// Relocates a whole object.
pub(super) unsafe fn relocate_object(start: NonNull<u8>, scavenger: &mut Scavenger<'_>) {
    // SAFETY: recorded for an object, which is where it was.
    let object = unsafe { Object::new(start) };
    relocate(object, object.info(), scavenger);
}
