//! Finds out, by trying, what io_uring this machine grants. Never looks at a kernel version.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use io_uring::{IoUring, Probe, opcode};

const REGISTER_RING_FDS: libc::c_uint = 20;

/// Why there is no io_uring here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    /// The kernel refused the set-up call: it has none, or a policy forbids it.
    #[error("io_uring_setup was refused")]
    Refused(#[source] io::Error),
    /// The kernel's io_uring lacks something that the driver cannot do without.
    #[error("the kernel's io_uring has no {0}")]
    Lacks(&'static str),
    /// The kernel would not say which operations it has.
    #[error("io_uring could not be probed")]
    Probe(#[source] io::Error),
}

/// What the ring can do, as found by the probe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    /// Completions are posted only when this thread enters: no interrupts, best batching.
    pub(crate) defer_taskrun: bool,
    /// Completions are posted cooperatively (kernels without `defer_taskrun`).
    pub(crate) coop_taskrun: bool,
    /// The ring says by a flag that it has work: an idle turn needs no system call.
    pub(crate) taskrun_flag: bool,
    /// The ring's descriptor is registered: each entry saves a look-up.
    pub(crate) registered_ring: bool,
    /// Waits take absolute deadlines.
    pub(crate) absolute_timer: bool,
    /// Waits do not count as I/O wait.
    pub(crate) no_iowait: bool,
    /// A cancellation that succeeds posts no completion.
    pub(crate) skip_success: bool,
    /// One submission accepts or receives many times.
    pub(crate) multishot: bool,
    /// A ring of provided buffers can be registered.
    pub(crate) buffer_ring: bool,
    /// Operations that not every kernel has, by code and name.
    operations: Vec<(u8, &'static str)>,
}

impl Features {
    /// The features that are there, by name.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        [
            (self.defer_taskrun, "defer_taskrun"),
            (self.coop_taskrun, "coop_taskrun"),
            (self.taskrun_flag, "taskrun_flag"),
            (self.registered_ring, "registered_ring"),
            (self.absolute_timer, "absolute_timer"),
            (self.no_iowait, "no_iowait"),
            (self.skip_success, "skip_success"),
            (self.multishot, "multishot"),
            (self.buffer_ring, "buffer_ring"),
        ]
        .into_iter()
        .filter_map(|(there, name)| there.then_some(name))
        .chain(self.operations.iter().map(|(_, name)| *name))
        .collect()
    }

    /// Whether there is the operation of this code, which is one of [`OPTIONAL`].
    pub(crate) fn has_operation(&self, code: u32) -> bool {
        self.operations
            .iter()
            .any(|(there, _)| u32::from(*there) == code)
    }
}

/// The operations that a blocking thread does where the kernel's io_uring has them not.
const OPTIONAL: [(u8, &str); 6] = [
    (opcode::RenameAt::CODE, "rename"),
    (opcode::UnlinkAt::CODE, "unlink"),
    (opcode::MkDirAt::CODE, "mkdir"),
    (opcode::SymlinkAt::CODE, "symlink"),
    (opcode::LinkAt::CODE, "link"),
    (opcode::Ftruncate::CODE, "ftruncate"),
];

/// Sets up a ring with the newest flags that the kernel takes.
pub(super) fn open(
    submission_entries: u32,
    completion_entries: u32,
    skipped_rungs: u32,
) -> Result<(IoUring, Features), SetupError> {
    let (ring, mut features) = climb_down(submission_entries, completion_entries, skipped_rungs)?;
    let params = ring.params();
    for (there, name) in [
        (params.is_feature_ext_arg(), "timeout in the wait call"),
        (
            params.is_feature_nodrop(),
            "guarantee against lost completions",
        ),
        (params.is_feature_fast_poll(), "poll-driven retries"),
    ] {
        if !there {
            return Err(SetupError::Lacks(name));
        }
    }
    let probe = require_operations(&ring)?;
    // A kernel of the last rung has none of these.
    if skipped_rungs < RUNGS - 1 {
        features.operations = OPTIONAL.to_vec();
        features
            .operations
            .retain(|(code, _)| probe.is_supported(*code));
    }
    features.skip_success = params.is_feature_skip_cqe_on_success();
    // Multishot receive and deferred task work came together; a kernel that refuses a multishot
    // all the same answers EINVAL, and the streams then fall back to single operations.
    features.multishot = features.defer_taskrun;
    Ok((ring, features))
}

/// Registers the ring's descriptor with this thread; the index that stands for it.
pub(super) fn register_ring_fd(ring: &IoUring) -> Option<RawFd> {
    /// `struct io_uring_rsrc_update`.
    #[repr(C)]
    struct Update {
        offset: u32,
        reserved: u32,
        data: u64,
    }
    let fd = ring.as_raw_fd();
    let mut update = Update {
        offset: u32::MAX,
        reserved: 0,
        data: u64::try_from(fd).expect("an open descriptor is not negative"),
    };
    // SAFETY: `update` is one live element of the type that this registration takes.
    let done = unsafe {
        libc::syscall(
            libc::SYS_io_uring_register,
            fd,
            REGISTER_RING_FDS,
            &raw mut update,
            1,
        )
    };
    (done == 1)
        .then(|| RawFd::try_from(update.offset).ok())
        .flatten()
}

/// Tries the sets of set-up flags from the newest to none.
fn climb_down(
    submission_entries: u32,
    completion_entries: u32,
    skipped_rungs: u32,
) -> Result<(IoUring, Features), SetupError> {
    let mut refusal = None;
    for rung in skipped_rungs.min(RUNGS - 1)..RUNGS {
        let mut builder = IoUring::builder();
        builder
            .setup_cqsize(completion_entries)
            .setup_clamp()
            .dontfork();
        let mut features = Features::default();
        if rung < 2 {
            builder
                .setup_submit_all()
                .setup_single_issuer()
                .setup_defer_taskrun();
            builder.setup_taskrun_flag();
            features.defer_taskrun = true;
            features.taskrun_flag = true;
        }
        if rung == 0 {
            builder.setup_no_sqarray();
        }
        if rung == 2 {
            builder
                .setup_submit_all()
                .setup_coop_taskrun()
                .setup_taskrun_flag();
            features.coop_taskrun = true;
            features.taskrun_flag = true;
        }
        match builder.build(submission_entries) {
            Ok(ring) => return Ok((ring, features)),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => refusal = Some(error),
            Err(error) => return Err(SetupError::Refused(error)),
        }
    }
    Err(SetupError::Refused(refusal.expect("the ladder has rungs")))
}

/// Deferred without index array; deferred; cooperative; plain.
pub(crate) const RUNGS: u32 = 4;

/// Checks for every operation that the driver submits.
fn require_operations(ring: &IoUring) -> Result<Probe, SetupError> {
    let mut probe = Probe::new();
    ring.submitter()
        .register_probe(&mut probe)
        .map_err(SetupError::Probe)?;
    let needed = [
        (opcode::AsyncCancel::CODE, "cancel operation"),
        (opcode::PollAdd::CODE, "poll operation"),
        (opcode::Accept::CODE, "accept operation"),
        (opcode::Connect::CODE, "connect operation"),
        (opcode::Recv::CODE, "receive operation"),
        (opcode::Send::CODE, "send operation"),
        (opcode::SendMsg::CODE, "vectored send operation"),
        (opcode::Shutdown::CODE, "shutdown operation"),
        (opcode::Read::CODE, "read operation"),
        (opcode::Write::CODE, "write operation"),
        (opcode::Readv::CODE, "vectored read operation"),
        (opcode::Writev::CODE, "vectored write operation"),
        (opcode::Fsync::CODE, "fsync operation"),
        (opcode::OpenAt::CODE, "open operation"),
        (opcode::Statx::CODE, "stat operation"),
        (opcode::Close::CODE, "close operation"),
    ];
    match needed
        .into_iter()
        .find(|(code, _)| !probe.is_supported(*code))
    {
        Some((_, name)) => Err(SetupError::Lacks(name)),
        None => Ok(probe),
    }
}
