//! Connections that wait for their next request.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::time::Duration;

use synodic_loop::{Timeout, set_timeout};

use super::link::{Link, UploadState};
use super::target::Origin;
use crate::http::incoming::{BodyError, BodyOwner};

/// The idle connections of a client. They do not keep the loop alive.
#[derive(Debug)]
pub(super) struct Pool {
    idle: RefCell<HashMap<Origin, VecDeque<Idle>>>,
    next_id: Cell<u64>,
    /// For how long a connection stays.
    timeout: Duration,
    /// How many connections of one origin stay.
    links_max: usize,
}

#[derive(Debug)]
struct Idle {
    id: u64,
    link: Link,
    expiry: Timeout,
}

impl Pool {
    pub(super) fn new(timeout: Duration, links_max: usize) -> Self {
        Self {
            idle: RefCell::default(),
            next_id: Cell::new(0),
            timeout,
            links_max,
        }
    }

    /// A connection that takes requests, the one that was used last.
    pub(super) async fn take(&self, origin: &Origin) -> Option<Link> {
        while let Some(mut link) = self.pop(origin) {
            link.set_referenced(true);
            // One that the server has closed meanwhile says so here.
            if link.sender.ready().await.is_ok() {
                return Some(link);
            }
        }
        None
    }

    fn pop(&self, origin: &Origin) -> Option<Link> {
        let mut idle = self.idle.borrow_mut();
        let links = idle.get_mut(origin)?;
        let last = links.pop_back();
        if links.is_empty() {
            idle.remove(origin);
        }
        drop(idle);
        let last = last?;
        last.expiry.clear();
        Some(last.link)
    }

    /// Keeps a connection for the next request.
    fn put(self: &Rc<Self>, origin: &Origin, link: Link) {
        if self.links_max == 0 || link.sender.is_closed() {
            return;
        }
        link.set_referenced(false);
        let id = self.next_id.replace(self.next_id.get() + 1);
        let (pool, of) = (Rc::downgrade(self), origin.clone());
        let expiry = set_timeout(self.timeout, move || {
            if let Some(pool) = pool.upgrade() {
                drop(pool.remove(&of, |links| links.iter().position(|idle| idle.id == id)));
            }
        });
        expiry.unref();
        let mut idle = self.idle.borrow_mut();
        let links = idle.entry(origin.clone()).or_default();
        links.push_back(Idle { id, link, expiry });
        let is_over = links.len() > self.links_max;
        drop(idle);
        if is_over {
            drop(self.remove(origin, |_| Some(0)));
        }
    }

    /// Takes one out, found by its position; what is dropped is dropped by the caller.
    fn remove(
        &self,
        origin: &Origin,
        find: impl FnOnce(&VecDeque<Idle>) -> Option<usize>,
    ) -> Option<Link> {
        let mut idle = self.idle.borrow_mut();
        let links = idle.get_mut(origin)?;
        let found = find(links).and_then(|at| links.remove(at))?;
        if links.is_empty() {
            idle.remove(origin);
        }
        drop(idle);
        found.expiry.clear();
        Some(found.link)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for idle in self.idle.get_mut().values().flatten() {
            idle.expiry.clear();
        }
    }
}

/// A connection that a response is being read from: at the body's end it goes back to the pool,
/// and it is closed when the body is given up.
#[derive(Debug)]
pub(super) struct Lease {
    link: RefCell<Option<Link>>,
    origin: Origin,
    pool: Weak<Pool>,
    upload: Rc<UploadState>,
}

impl Lease {
    pub(super) fn new(
        link: Link,
        origin: Origin,
        pool: &Rc<Pool>,
        upload: Rc<UploadState>,
    ) -> Self {
        Self {
            link: RefCell::new(Some(link)),
            origin,
            pool: Rc::downgrade(pool),
            upload,
        }
    }
}

impl BodyOwner for Lease {
    fn ended(&self) {
        let link = self.link.take();
        // A server that answers early has not read the request: the rest is in the way.
        if let Some(link) = link
            && self.upload.is_sent()
            && let Some(pool) = self.pool.upgrade()
        {
            pool.put(&self.origin, link);
        }
    }

    fn failed(&self, _error: &BodyError) {
        self.abandoned();
    }

    fn abandoned(&self) {
        let link = self.link.take();
        drop(link);
    }
}
