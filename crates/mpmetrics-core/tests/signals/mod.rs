//! Signals to other processes.

use std::process::Child;

/// Sends a signal by its name, such as `-STOP`. No shell does it: until a forked child runs another program it holds the
/// locks of writers that die meanwhile, and a test that counts on their death would fail.
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
