//! Does the kernel write into a buffer after its Drop has run?
//!
//! `monoio-dropuaf [RUNS] [FILE]`: each run starts reads of a file with O_DIRECT, then drops
//! their futures and the runtime while the reads are in flight. The buffers are of a type
//! whose Drop fills its page with a pattern and leaves it mapped, so that a late write is seen
//! and harms nobody. Prints one line of JSON: runs, and those with a late write. FILE lies on
//! a real disk and is made when absent.

use std::cell::Cell;
use std::fs;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::rc::Rc;
use std::task::Poll;
use std::thread::sleep;
use std::time::Duration;

use monoio::buf::IoBufMut;
use monoio::{FusionDriver, RuntimeBuilder};

/// Reads in flight at the drop.
const READS: usize = 32;

/// Bytes of each read.
const BLOCK: usize = 1024 * 1024;

/// What Drop writes: the file holds no such byte.
const PATTERN: u8 = 0xA5;

/// How long after the drop the kernel may still be writing.
const SETTLE: Duration = Duration::from_millis(200);

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let runs: usize = args.next().and_then(|runs| runs.parse().ok()).unwrap_or(30);
    let file = args
        .next()
        .map_or_else(|| PathBuf::from("dropuaf.data"), PathBuf::from);
    make(&file)?;
    let mut late = 0;
    for _ in 0..runs {
        late += usize::from(run(&file)?);
    }
    fs::remove_file(&file)?;
    println!("{{\"runs\":{runs},\"late\":{late}}}");
    Ok(())
}

/// Writes a file of zeros, with content on the disk, for all reads.
fn make(file: &Path) -> io::Result<()> {
    let mut out = fs::File::create(file)?;
    for _ in 0..READS {
        out.write_all(&vec![0; BLOCK])?;
    }
    out.sync_all()
}

/// Drops a runtime with reads in flight; whether a page changed after its buffer's Drop.
fn run(file: &Path) -> io::Result<bool> {
    let pages: Vec<Page> = (0..READS).map(|_| Page::map()).collect();
    let dropped: Vec<_> = pages.iter().map(|_| Rc::new(Cell::new(false))).collect();
    let buffers = pages.iter().zip(&dropped);
    let buffers: Vec<_> = buffers
        .map(|(page, dropped)| Buffer {
            page: *page,
            dropped: Rc::clone(dropped),
        })
        .collect();
    let source = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECT)
        .open(file)?;
    let mut runtime = RuntimeBuilder::<FusionDriver>::new()
        .enable_timer()
        .build()?;
    runtime.block_on(async move {
        let source = monoio::fs::File::from_std(source)?;
        let mut reads: Vec<_> = buffers
            .into_iter()
            .enumerate()
            .map(|(index, buffer)| Box::pin(source.read_at(buffer, (index * BLOCK) as u64)))
            .collect();
        poll_fn(|context| {
            // A read that has ended is of no use here; the others are in flight.
            reads.retain_mut(|read| read.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        // The ring hands them to the kernel before it waits. Then their futures are dropped.
        monoio::time::sleep(Duration::from_millis(1)).await;
        io::Result::Ok(())
    })?;
    drop(runtime);
    sleep(SETTLE);
    let is_late = |(page, dropped): (&Page, &Rc<Cell<bool>>)| dropped.get() && !page.is_filled();
    let late = pages.iter().zip(&dropped).any(is_late);
    pages.into_iter().for_each(Page::unmap);
    Ok(late)
}

/// Memory of one read, mapped until `unmap`, whoever has dropped its buffer.
#[derive(Debug, Clone, Copy)]
struct Page(NonNull<u8>);

impl Page {
    fn map() -> Self {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice.
        let address = unsafe { libc::mmap(std::ptr::null_mut(), BLOCK, protection, flags, -1, 0) };
        assert_ne!(address, libc::MAP_FAILED, "no memory for a buffer");
        Self(NonNull::new(address.cast()).expect("the kernel does not map address 0"))
    }

    /// Whether every byte is the pattern. Volatile, because the kernel may be writing.
    fn is_filled(&self) -> bool {
        (0..BLOCK).step_by(64).all(|at| {
            // SAFETY: `at` is inside the mapping, which lives until `unmap`.
            let byte = unsafe { self.0.as_ptr().add(at).read_volatile() };
            byte == PATTERN
        })
    }

    fn unmap(self) {
        // SAFETY: nobody uses the mapping any more: its reads have ended, see SETTLE.
        unsafe { libc::munmap(self.0.as_ptr().cast(), BLOCK) };
    }
}

/// The owned buffer that a read takes.
struct Buffer {
    page: Page,
    dropped: Rc<Cell<bool>>,
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the mapping outlives the buffer, and the buffer is its only user.
        unsafe { self.page.0.as_ptr().write_bytes(PATTERN, BLOCK) };
        self.dropped.set(true);
    }
}

// SAFETY: the pointer is stable and good for `BLOCK` bytes as long as the buffer lives.
unsafe impl IoBufMut for Buffer {
    fn write_ptr(&mut self) -> *mut u8 {
        self.page.0.as_ptr()
    }

    fn bytes_total(&mut self) -> usize {
        BLOCK
    }

    unsafe fn set_init(&mut self, _: usize) {}
}
