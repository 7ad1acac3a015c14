//! What `os/` promises, on this system: all checks, also those with other processes, on a disk and in memory.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use std::path::Path;
use std::process::Command;

use mpmetrics_core::os::conformance::{all, names, other, Contract};
use mpmetrics_core::{Code, Error};

const ROLE: &str = "MPMETRICS_CONFORMANCE_ROLE";
const FILE: &str = "MPMETRICS_CONFORMANCE_FILE";
const FAULT: &str = "MPMETRICS_CONFORMANCE_FAULT";

/// A fault that only a check with other processes can find.
struct Fault {
    /// The check that must find it.
    check: &'static str,
    /// Whether this process has it; else only the other ones have.
    here: bool,
    contract: Contract,
}

const FAULTS: [Fault; 4] = [
    Fault {
        check: "processes that start later have later start times",
        here: true,
        contract: Contract {
            describe: |pid| {
                let found = (Contract::HERE.describe)(pid)?;
                Ok(found.map(|mut found| {
                    found.start_time = 1;
                    found
                }))
            },
            describe_self: || {
                let mut found = (Contract::HERE.describe_self)()?;
                found.start_time = 1;
                Ok(found)
            },
            ..Contract::HERE
        },
    },
    Fault {
        check: "locks exclude processes that share a mapping",
        here: false,
        contract: Contract { try_lock: |_, _| Ok(true), ..Contract::HERE },
    },
    Fault {
        check: "a wait ends when another process changes the word",
        here: false,
        contract: Contract { futex_wait: |_, _, time| std::thread::sleep(time), ..Contract::HERE },
    },
    Fault {
        check: "a limit of file sizes is an error",
        here: false,
        contract: Contract { allocate: |_, _, _| Ok(()), ..Contract::HERE },
    },
];

/// Not a test: the program of the other processes.
#[test]
#[ignore = "the program of the other processes"]
fn process() {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let asked = variable(FAULT);
    let fault = FAULTS.into_iter().find(|fault| fault.check == asked);
    let contract = fault.map_or(Contract::HERE, |fault| fault.contract);
    other(&contract, &variable(ROLE), Path::new(&variable(FILE))).unwrap();
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

fn assert_found(check: &str, error: &Error) {
    assert_eq!(error.code(), Code::Unsupported, "{error}");
    assert!(error.to_string().contains(&format!("({check}):")), "{error}, not {check}");
}

#[test]
fn each_fault_is_found_by_its_check() {
    for Fault { check, here, contract } in FAULTS {
        let dir = tempfile::tempdir().unwrap();
        let program = |role: &str, path: &Path| {
            let mut command = program(role, path);
            command.env(FAULT, check).stderr(std::process::Stdio::null());
            command
        };
        let contract = if here { contract } else { Contract::HERE };
        assert_found(check, &all(&contract, dir.path(), &program).unwrap_err());
    }
    let [_, slow] = names();
    let found = |check: &&str| FAULTS.iter().any(|fault| fault.check == *check);
    let missed: Vec<_> = slow.into_iter().filter(|check| !found(check)).collect();
    // `FAULTS` has a fault for every other slow check. It has none for this one, because a `Contract` cannot replace
    // mutexes.
    assert_eq!(missed, ["a mutex outlives its holder, or is refused"], "no fault replaces mutexes");
}

#[test]
fn a_check_without_its_program_fails() {
    let dir = tempfile::tempdir().unwrap();
    let broken = |_: &str, path: &Path| Command::new(path.join("no-such-program"));
    let error = all(&Contract::HERE, dir.path(), &broken).unwrap_err();
    assert_found("locks exclude processes that share a mapping", &error);
}

#[test]
fn each_check_has_a_name_of_its_own() {
    let mut all = names().concat();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(count > 20);
}
