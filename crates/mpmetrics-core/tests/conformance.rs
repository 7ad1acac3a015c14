//! What `os/` promises, on this system: all checks, also those with other processes, on a disk and in memory.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use std::path::Path;
use std::process::Command;

use mpmetrics_core::os::conformance::{all, names, other, Contract};
use mpmetrics_core::Code;

const ROLE: &str = "MPMETRICS_CONFORMANCE_ROLE";
const FILE: &str = "MPMETRICS_CONFORMANCE_FILE";

/// Not a test: the program of the other processes.
#[test]
#[ignore = "the program of the other processes"]
fn process() {
    let file = std::env::var_os(FILE).unwrap();
    other(&std::env::var(ROLE).unwrap(), Path::new(&file)).unwrap();
}

fn program(role: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "process", "--ignored", "--quiet"]);
    command.env(ROLE, role).env(FILE, path).stdout(std::process::Stdio::null());
    command
}

#[test]
fn this_system_keeps_the_contract() {
    let mut parents = vec![std::env::temp_dir()];
    parents.extend([Path::new("/dev/shm").to_owned()].into_iter().filter(|one| one.is_dir()));
    for parent in parents {
        let dir = tempfile::tempdir_in(parent).unwrap();
        all(&Contract::HERE, dir.path(), &program).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_check_without_its_program_fails() {
    let dir = tempfile::tempdir().unwrap();
    let broken = |_: &str, path: &Path| Command::new(path.join("no-such-program"));
    let error = all(&Contract::HERE, dir.path(), &broken).unwrap_err();
    assert_eq!(error.code(), Code::Unsupported);
    assert!(error.to_string().contains("locks exclude processes that share a mapping"), "{error}");
}

#[test]
fn each_check_has_a_name_of_its_own() {
    let mut all: Vec<_> = names().collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(count >= 20);
}
