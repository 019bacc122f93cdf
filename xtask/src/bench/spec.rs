//! What is measured against what. A new bench is a new entry here.

/// One name of the command line.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    pub(crate) parts: &'static [Part],
}

/// Programs that do the same job, and how the job is measured.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) method: Method,
    pub(crate) ours: Program,
    /// The first one is also measured against itself.
    pub(crate) rivals: &'static [Rival],
}

/// A program of somebody else's, under the name that the table shows.
#[derive(Debug)]
pub(crate) struct Rival {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
}

/// Where a program comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// A program of the package `synodic-benches`, with a driver when it matters.
    Ours {
        bin: &'static str,
        driver: Option<&'static str>,
    },
    /// A program of a package in `benches/rivals`.
    Cargo {
        package: &'static str,
        bin: &'static str,
    },
    /// A script in `benches/rivals/node`.
    Node { script: &'static str },
}

/// How a job is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Method {
    /// The programs are servers that print `listening PORT`; a closed loop of requests loads
    /// them. The measure is the server's CPU time for a request, and the rate.
    Server(&'static [Load]),
    /// The programs print `{"case":...,"ns":...}` for each case and end.
    Bulk,
    /// The programs turn their loop so many times between two marks; what is counted is the
    /// system calls of a turn.
    Calls { case: &'static str, turns: u32 },
}

/// One load on a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    pub(crate) request: Request,
}

/// What each connection asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Request {
    /// So many bytes, to come back.
    Echo(u32),
    /// The path of a GET.
    Http(&'static str),
}

impl Load {
    /// The case's name in the table.
    pub(crate) fn case(&self) -> String {
        match self.request {
            Request::Echo(bytes) => format!("{}x{bytes}", self.connections),
            Request::Http(_) => format!("{}xhello", self.connections),
        }
    }
}

/// Turns for which system calls are counted; each is two stops under ptrace.
const TURNS: u32 = 6400;

const fn ours(bin: &'static str) -> Program {
    Program::Ours { bin, driver: None }
}

const fn cargo(name: &'static str, package: &'static str, bin: &'static str) -> Rival {
    Rival {
        name,
        program: Program::Cargo { package, bin },
    }
}

const fn node(script: &'static str) -> Rival {
    Rival {
        name: "node",
        program: Program::Node { script },
    }
}

const fn echo(connections: u32, bytes: u32) -> Load {
    Load {
        connections,
        request: Request::Echo(bytes),
    }
}

/// All benches, in the order in which they run.
pub(crate) const BENCHES: &[Bench] = &[
    Bench {
        name: "echo",
        parts: &[Part {
            method: Method::Server(&[echo(50, 64), echo(50, 4096), echo(1000, 64)]),
            ours: ours("echo"),
            rivals: &[
                cargo("raw", "rival-raw", "rival-raw"),
                cargo("tokio", "rival-tokio", "tokio-echo"),
                cargo("monoio", "rival-monoio", "monoio-echo"),
                node("echo.js"),
            ],
        }],
    },
    Bench {
        name: "timers",
        parts: &[Part {
            method: Method::Bulk,
            ours: ours("timers"),
            rivals: &[
                cargo("tokio", "rival-tokio", "tokio-timers"),
                node("timers.js"),
            ],
        }],
    },
    Bench {
        name: "spawn",
        parts: &[Part {
            method: Method::Bulk,
            ours: ours("spawn"),
            rivals: &[
                cargo("tokio", "rival-tokio", "tokio-spawn"),
                node("spawn.js"),
            ],
        }],
    },
    Bench {
        name: "ticks",
        parts: &[
            Part {
                method: Method::Bulk,
                ours: ours("ticks"),
                rivals: &[node("ticks.js")],
            },
            Part {
                method: Method::Calls {
                    case: "turn-io_uring",
                    turns: TURNS,
                },
                ours: Program::Ours {
                    bin: "turn",
                    driver: Some("io_uring"),
                },
                rivals: &[node("turn.js")],
            },
            Part {
                method: Method::Calls {
                    case: "turn-epoll",
                    turns: TURNS,
                },
                ours: Program::Ours {
                    bin: "turn",
                    driver: Some("epoll"),
                },
                rivals: &[node("turn.js")],
            },
        ],
    },
    Bench {
        name: "http",
        parts: &[Part {
            method: Method::Server(&[Load {
                connections: 50,
                request: Request::Http("/"),
            }]),
            ours: ours("http"),
            rivals: &[cargo("tokio", "rival-tokio", "tokio-http"), node("http.js")],
        }],
    },
    Bench {
        name: "buffers",
        parts: &[Part {
            method: Method::Bulk,
            ours: ours("buffers"),
            rivals: &[
                // First, because it has all cases.
                node("buffers.js"),
                cargo("bytes", "rival-bytes", "bytes-buffers"),
                cargo("vec", "rival-bytes", "vec-buffers"),
            ],
        }],
    },
    Bench {
        name: "streams",
        parts: &[Part {
            method: Method::Bulk,
            ours: ours("streams"),
            rivals: &[
                // First, because it has nearly all cases.
                node("streams.js"),
                cargo("tokio", "rival-tokio", "tokio-streams"),
            ],
        }],
    },
    Bench {
        name: "gc",
        parts: &[Part {
            method: Method::Bulk,
            ours: ours("gc"),
            rivals: &[
                // First, because it has all cases.
                node("gc.js"),
                cargo("bumpalo", "rival-gc", "bumpalo-gc"),
                cargo("box", "rival-gc", "box-gc"),
                cargo("gc-arena", "rival-gc", "gc-arena-gc"),
            ],
        }],
    },
];
