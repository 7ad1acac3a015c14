//! The check of a system at its first use, on a system that is sound, and on some that are not.

use super::super::open::open_on;
use super::super::probe::probe;
use super::*;
use crate::os::conformance::{names, quick, Contract};
use std::os::fd::AsRawFd;

/// Systems with a fault each, with the name of the check that must find it.
fn faulty() -> Vec<(&'static str, Contract)> {
    let here = Contract::HERE;
    vec![
        ("locks exclude open file descriptions", Contract { try_lock: |_, _| Ok(true), ..here }),
        ("locks exclude open file descriptions", Contract { unlock: |_, _| Ok(()), ..here }),
        ("locks exclude threads", Contract { try_lock: lock_in_tests_only, ..here }),
        ("the lowest lock of others is found", Contract { first_locked: find_none, ..here }),
        (
            "a process's lock excludes others, and falls with the process",
            Contract {
                first_locked: |file, from, to| match is(file, "process") {
                    true => Ok(None),
                    false => os::first_locked(file, from, to),
                },
                ..here
            },
        ),
        ("mappings of a file are the same memory", Contract { write_at: |_, _, _| Ok(()), ..here }),
        (
            "a mapping shows what is allocated after it was made",
            Contract { map: map_another_file, ..here },
        ),
        (
            "an allocation without room is an error",
            Contract {
                allocate: |file, offset, len| os::allocate(file, offset, len.min(1 << 20)),
                ..here
            },
        ),
        (
            "a wait ends when the word changes",
            Contract { futex_wait: |_, _, _| os::sleep_us(4_100_000), ..here },
        ),
        (
            "a name is given once",
            Contract { rename_new: |from, to| Ok(std::fs::rename(from, to).is_ok()), ..here },
        ),
        (
            "a file that is opened again is the same file",
            Contract { reopen: |file, _| Ok(file.try_clone().unwrap()), ..here },
        ),
        ("links are not followed", Contract { open_read_write: follow, ..here }),
        ("permissions are those that were set", Contract { set_mode: |_, _| Ok(()), ..here }),
        (
            "a process is told from its earlier and later ones",
            Contract { describe: |_| Ok(None), ..here },
        ),
        ("a boot has one id", Contract { boot_id: || [0; 16], ..here }),
        ("the monotonic clock goes forward", Contract { monotonic_us: || 7, ..here }),
        ("random numbers differ", Contract { random_u64: || 4, ..here }),
        ("a new file belongs to this user", Contract { effective_uid: || 12_345, ..here }),
    ]
}

/// Whether a check made this file under that name.
fn is(file: &File, name: &str) -> bool {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    std::fs::read_link(link).is_ok_and(|path| path.ends_with(name))
}

/// Locks nothing in the threads that a check starts: only the threads of tests have names.
fn lock_in_tests_only(file: &File, byte: u64) -> Result<bool> {
    Ok(std::thread::current().name().is_none() || os::try_lock(file, byte)?)
}

fn find_none(_: &File, _: u64, _: u64) -> Result<Option<(u64, u64)>> {
    Ok(None)
}

fn map_another_file(file: &File, len: usize) -> Result<os::Mapping> {
    if !is(file, "growth") {
        return os::Mapping::shared(file, len);
    }
    let other = tempfile::tempfile().unwrap();
    os::allocate(&other, 0, 1 << 20)?;
    os::Mapping::shared(&other, len)
}

/// Opens a file as the contract says, but follows a link.
fn follow(path: &Path) -> Result<File> {
    let opened = File::options().read(true).write(true).open(path);
    opened.map_err(|source| Error::Io { call: "open", source })
}

#[test]
fn this_system_is_sound_and_each_fault_is_found_by_its_check() {
    let parent = tempfile::tempdir().unwrap();
    quick(&Contract::HERE, parent.path()).unwrap();
    for (check, contract) in faulty() {
        let error = quick(&contract, parent.path()).unwrap_err();
        assert_eq!(error.code(), Code::Unsupported, "{error}");
        assert!(error.to_string().contains(&format!("({check}):")), "{error}, not {check}");
    }
    let left = std::fs::read_dir(parent.path()).unwrap().count();
    assert_eq!(left, 0, "the checks leave nothing");
    let found: Vec<_> = faulty().into_iter().map(|(check, _)| check).collect();
    let [quick, _] = names();
    let missed: Vec<_> = quick.into_iter().filter(|check| !found.contains(check)).collect();
    assert_eq!(missed, ["a mutex excludes threads, or is refused"], "a Contract has no mutex");
}

fn named(parent: &Path) -> OpenOptions {
    OpenOptions { path: Some(parent.join("named.heap")), create: true, ..OpenOptions::default() }
}

fn derived(parent: &Path) -> OpenOptions {
    OpenOptions {
        name: Some("probed".to_owned()),
        directories: vec![parent.to_owned()],
        create: true,
        ..OpenOptions::default()
    }
}

#[test]
fn a_segment_is_neither_made_nor_opened_on_a_system_with_a_fault() {
    let broken = Contract { first_locked: find_none, ..Contract::HERE };
    for options in [named, derived] {
        let parent = tempfile::tempdir().unwrap();
        let options = options(parent.path());
        let refused = || open_on(Some(&broken), &options, &Page).unwrap_err();
        assert_eq!(refused().code(), Code::Unsupported);
        assert!(refused().to_string().contains("lowest lock of others is found"), "{}", refused());
        let made = open(&options, &Page).unwrap().unwrap();
        assert!(made.created, "nothing was made before");
        assert_eq!(refused().code(), Code::Unsupported, "an attach is refused, too");
    }
}

#[test]
fn the_result_is_remembered_beside_the_segment_for_one_boot_and_version() {
    let parent = tempfile::tempdir().unwrap();
    let opened = open_on(Some(&Contract::HERE), &derived(parent.path()), &Page).unwrap().unwrap();
    let directory = opened.path.parent().unwrap();
    let mark = directory.join(".mpmetrics-checked");
    let written = std::fs::read_to_string(&mark).unwrap();
    assert!(written.ends_with(&format!(" {}\n", env!("CARGO_PKG_VERSION"))), "{written}");
    // Another directory, because this process remembers the first one itself.
    let broken = Contract { boot_id: || [0; 16], ..Contract::HERE };
    for (contents, fits) in [
        (written.clone(), true),
        (format!("{written}x"), false),
        (written.replace(|c: char| c.is_ascii_hexdigit(), "7"), false),
        (String::new(), false),
    ] {
        let other = tempfile::tempdir().unwrap();
        let path = SegmentPath::named(&other.path().join("a.heap"), access()).unwrap();
        let mark = other.path().join(".mpmetrics-checked");
        std::fs::write(&mark, &contents).unwrap();
        os::set_mode(&mark, 0o600).unwrap();
        assert_eq!(probe(&path, &broken).is_ok(), fits, "{contents:?}");
        os::set_mode(&mark, 0o666).unwrap();
        assert!(probe(&path, &broken).is_err(), "others could have written it");
        probe(&path, &Contract::HERE).unwrap();
        probe(&path, &broken).unwrap();
    }
}

fn access() -> Access {
    Access::new(None, None).unwrap()
}
