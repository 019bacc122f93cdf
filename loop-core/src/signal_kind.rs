//! The signals by their names.

use std::fmt;

/// A signal of the operating system, by its number.
///
/// # Examples
///
/// ```
/// use synodic_loop::SignalKind;
///
/// assert_eq!(SignalKind::TERMINATE.name(), Some("SIGTERM"));
/// assert_eq!(SignalKind::from_name("SIGHUP"), Some(SignalKind::HANGUP));
/// assert_eq!(SignalKind::from_number(0), None);
/// ```
///
/// # Node
///
/// `os.constants.signals`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(i32);

macro_rules! signals {
    ($($constant:ident = $number:ident, $meaning:literal;)*) => {
        impl SignalKind {
            $(
                #[doc = concat!("`", stringify!($number), "`: ", $meaning)]
                pub const $constant: Self = Self(libc::$number);
            )*
        }

        /// The signals that have a name, with it.
        const NAMED: &[(SignalKind, &str)] = &[
            $((SignalKind::$constant, stringify!($number)),)*
        ];
    };
}

signals! {
    HANGUP = SIGHUP, "the terminal has gone.";
    INTERRUPT = SIGINT, "Ctrl+C.";
    QUIT = SIGQUIT, "Ctrl+\\\\.";
    ILLEGAL_INSTRUCTION = SIGILL, "the program is broken. It cannot be listened for.";
    TRAP = SIGTRAP, "a debugger's breakpoint.";
    ABORT = SIGABRT, "the program has given up.";
    BUS_ERROR = SIGBUS, "memory that is not there.";
    ARITHMETIC_ERROR = SIGFPE, "arithmetic that cannot be. It cannot be listened for.";
    KILL = SIGKILL, "the end, at once. It cannot be listened for.";
    USER1 = SIGUSR1, "what programs agree on.";
    SEGMENTATION_FAULT = SIGSEGV, "memory that is not the program's. It cannot be listened for.";
    USER2 = SIGUSR2, "what programs agree on.";
    PIPE = SIGPIPE, "nobody reads what was written.";
    ALARM = SIGALRM, "`alarm(2)`.";
    TERMINATE = SIGTERM, "somebody asks the process to end.";
    STACK_FAULT = SIGSTKFLT, "not used.";
    CHILD = SIGCHLD, "a child has ended or stopped.";
    CONTINUE = SIGCONT, "a stopped process goes on.";
    STOP = SIGSTOP, "the process stops. It cannot be listened for.";
    TERMINAL_STOP = SIGTSTP, "Ctrl+Z.";
    TERMINAL_INPUT = SIGTTIN, "a process in the background reads from the terminal.";
    TERMINAL_OUTPUT = SIGTTOU, "a process in the background writes to the terminal.";
    URGENT = SIGURG, "urgent data on a socket.";
    CPU_LIMIT = SIGXCPU, "the limit of CPU time has passed.";
    FILE_SIZE_LIMIT = SIGXFSZ, "a file would become too large.";
    VIRTUAL_ALARM = SIGVTALRM, "`setitimer(2)`, by CPU time in the program.";
    PROFILE = SIGPROF, "`setitimer(2)`, by CPU time.";
    WINDOW_CHANGE = SIGWINCH, "the terminal has another size.";
    IO = SIGIO, "a descriptor is ready.";
    POWER = SIGPWR, "the power is failing.";
    BAD_SYSTEM_CALL = SIGSYS, "a system call that is not, or is not allowed.";
}

impl SignalKind {
    /// The signal with this number, if the system has one: 1 to `SIGRTMAX`.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        (1..=libc::SIGRTMAX())
            .contains(&number)
            .then_some(Self(number))
    }

    /// The signal with this name, such as `SIGTERM`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let named = NAMED.iter().find(|(_, other)| *other == name);
        named.map(|(kind, _)| *kind)
    }

    /// The system's number of the signal.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    /// Node's name of the signal. Real-time signals have none.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let named = NAMED.iter().find(|(kind, _)| *kind == self);
        named.map(|(_, name)| *name)
    }

    /// Whether a program can listen for the signal.
    pub(crate) fn can_be_heard(self) -> bool {
        !signal_hook_registry::FORBIDDEN.contains(&self.0)
    }
}

impl fmt::Debug for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_go_both_ways() {
        for (kind, name) in NAMED {
            assert_eq!(SignalKind::from_name(name), Some(*kind));
            assert_eq!(SignalKind::from_number(kind.number()), Some(*kind));
            assert_eq!(kind.to_string(), *name);
        }
        assert_eq!(SignalKind::from_number(libc::SIGRTMAX() + 1), None);
        assert_eq!(SignalKind::from_number(-1), None);
        assert_eq!(SignalKind::from_name("SIGNOTHING"), None);
        let real_time = SignalKind::from_number(libc::SIGRTMIN()).unwrap();
        assert_eq!(real_time.name(), None);
        assert_eq!(
            real_time.to_string(),
            format!("signal {}", libc::SIGRTMIN())
        );
    }
}
