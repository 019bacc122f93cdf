//! Where a rule does not hold, and why.

/// One file that may break one rule.
#[derive(Debug)]
pub(crate) struct Exception {
    /// The rule's name.
    pub(crate) rule: &'static str,
    /// Relative to the root of the repository; a folder ends in `/`.
    pub(crate) path: &'static str,
    /// Shown to nobody, read by the reviewer.
    #[expect(dead_code, reason = "the table is the place to look")]
    pub(crate) reason: &'static str,
}

/// All of them. One that is not needed any more fails the command.
pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: "words",
        path: "xtask/src/loom.rs",
        reason: "refuses the variable, so it has to name it",
    },
    Exception {
        rule: "unsafe",
        path: "buffers/src/raw/",
        reason: "memory and reference counts: the module is there for it, and no system call is",
    },
    Exception {
        rule: "unsafe",
        path: "gc/src/raw/",
        reason: "the memory of a heap: the module is there for it, and no system call is",
    },
    Exception {
        rule: "unsafe",
        path: "gc/src/trace/",
        reason: "`Trace` is an unsafe trait, and each implementation vouches for its type",
    },
    Exception {
        rule: "unsafe",
        path: "gc/src/cell/",
        reason: "cells with a write barrier: they borrow dynamically and implement `Trace`",
    },
    Exception {
        rule: "unsafe",
        path: "gc/src/brand/",
        reason: "gives values the lifetime of a section, which is the module's one job",
    },
    Exception {
        rule: "unsafe",
        path: "gc/src/weak/",
        reason: "what the collector clears: each type implements `Trace` in a way of its own",
    },
    Exception {
        rule: "unsafe",
        path: "gc/derive/src/trace.rs",
        reason: "writes implementations of `Trace`, which is an unsafe trait; has no unsafe code",
    },
    Exception {
        rule: "index",
        path: "gc/derive/src/lib.rs",
        reason: "the functions of a macro crate have to be in its root",
    },
    Exception {
        rule: "unsafe",
        path: "loop-core/src/io/",
        reason: "what the kernel owns while an operation is in flight: the module's one job is to \
                 hold it, and each kind of operation vouches for its own pointers",
    },
    Exception {
        rule: "unsafe",
        path: "loop-core/src/root.rs",
        reason: "extends one lifetime, which is the module's one job",
    },
    Exception {
        rule: "unsafe",
        path: "loop-core/src/task_body.rs",
        reason: "pins a task's future within its body, which is the module's one job",
    },
    Exception {
        rule: "unsafe",
        path: "loop-core/src/closure.rs",
        reason: "stores closures of any type in place, which is the module's one job",
    },
    Exception {
        rule: "door",
        path: "loop-core/src/sys/ring/buffer_ring.rs",
        reason: "the other side of this atomic is the kernel, which no model of threads knows",
    },
];

/// Whether `rule` does not hold in the file at `path`.
pub(crate) fn excepts(exceptions: &[Exception], rule: &str, path: &str) -> bool {
    exceptions
        .iter()
        .any(|exception| exception.rule == rule && covers(exception, path))
}

/// Whether the exception speaks of this file.
pub(crate) fn covers(exception: &Exception, path: &str) -> bool {
    path == exception.path || (exception.path.ends_with('/') && path.starts_with(exception.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_covers_its_files_and_a_file_only_itself() {
        let of = |path| Exception {
            rule: "size",
            path,
            reason: "a test",
        };
        let table = [of("gc/src/arena/"), of("sync/src/lib.rs")];
        assert!(excepts(&table, "size", "gc/src/arena/block.rs"));
        assert!(excepts(&table, "size", "sync/src/lib.rs"));
        assert!(!excepts(&table, "size", "sync/src/lib.rs.bak"));
        assert!(!excepts(&table, "unsafe", "sync/src/lib.rs"));
    }
}
