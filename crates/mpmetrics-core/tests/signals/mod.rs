//! Signals to other processes.

use std::process::Child;

/// Sends a signal by its name, such as `-STOP`. Starts no program for it: a child that this process forks holds the
/// locks of this process's writers until it runs the program. If a writer died meanwhile, it would still count as
/// living, and a test that relies on its death would fail.
pub fn send(child: &Child, name: &str) {
    let signal = match name {
        "-STOP" => libc::SIGSTOP,
        "-CONT" => libc::SIGCONT,
        "-KILL" => libc::SIGKILL,
        _ => panic!("no signal {name}"),
    };
    let id = libc::pid_t::try_from(child.id()).expect("a process id");
    // SAFETY: `kill` reads no memory. The child has not been waited for, so no other process has its id.
    assert_eq!(unsafe { libc::kill(id, signal) }, 0);
}
