//! What streams tell, and whom.

use std::{cell::RefCell, fmt, rc::Rc};

use crate::Error;

/// What a stream tells its listeners. Data and [`Readable::on_readable`] have listeners of their own.
///
/// [`Readable::on_readable`]: super::Readable::on_readable
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The readable side stopped flowing.
    Pause,
    /// The readable side flows again.
    Resume,
    /// Everything was read.
    End,
    /// A writer that was asked to wait may go on.
    Drain,
    /// A readable was piped into this one.
    Pipe,
    /// A readable is not piped into this one any more.
    Unpipe,
    /// Everything was written.
    Finish,
    /// Something failed; [`Close`](Self::Close) follows.
    Error(Error),
    /// The stream and what it stands for are closed. Nothing follows.
    Close,
}

impl Event {
    /// Node's name of the event.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::End => "end",
            Self::Drain => "drain",
            Self::Pipe => "pipe",
            Self::Unpipe => "unpipe",
            Self::Finish => "finish",
            Self::Error(_) => "error",
            Self::Close => "close",
        }
    }
}

/// Names a listener, to remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerId(u64);

/// Who listens, in the order in which they are told.
pub(crate) struct Listeners<E: ?Sized> {
    list: RefCell<List<E>>,
}

type Listener<E> = Rc<dyn Fn(&E)>;

struct List<E: ?Sized> {
    last: u64,
    entries: Vec<(ListenerId, Listener<E>)>,
}

impl<E: ?Sized> Listeners<E> {
    pub(crate) fn new() -> Self {
        Self {
            list: RefCell::new(List {
                last: 0,
                entries: Vec::new(),
            }),
        }
    }

    pub(crate) fn add(&self, listener: impl Fn(&E) + 'static) -> ListenerId {
        self.insert(false, Rc::new(listener))
    }

    /// Adds one that is told before all others.
    pub(crate) fn add_first(&self, listener: impl Fn(&E) + 'static) -> ListenerId {
        self.insert(true, Rc::new(listener))
    }

    fn insert(&self, is_first: bool, listener: Listener<E>) -> ListenerId {
        let mut list = self.list.borrow_mut();
        list.last += 1;
        let id = ListenerId(list.last);
        let at = if is_first { 0 } else { list.entries.len() };
        list.entries.insert(at, (id, listener));
        id
    }

    /// Removes one; false when it is not there.
    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        let mut list = self.list.borrow_mut();
        let Some(at) = list.entries.iter().position(|(other, _)| *other == id) else {
            return false;
        };
        let entry = list.entries.remove(at);
        drop(list);
        // What it owns may be the last reference to something with listeners.
        drop(entry);
        true
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.borrow().entries.is_empty()
    }

    /// Tells all who listen now, also those that an earlier one of them removes meanwhile.
    pub(crate) fn emit(&self, event: &E) {
        let list = self.list.borrow();
        match &list.entries[..] {
            [] => {}
            // The usual one needs no list of its own.
            [(_, only)] => {
                let only = Rc::clone(only);
                drop(list);
                only(event);
            }
            entries => {
                let listeners: Vec<_> = entries.iter().map(|(_, one)| Rc::clone(one)).collect();
                drop(list);
                for listener in listeners {
                    listener(event);
                }
            }
        }
    }
}

impl<E: ?Sized> fmt::Debug for Listeners<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners")
            .field("len", &self.list.borrow().entries.len())
            .finish()
    }
}
