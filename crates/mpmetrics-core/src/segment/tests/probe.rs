//! The check of a system at its first use, on a system that is sound, and on some that are not.

use super::super::open::open_on;
use super::super::probe::probe;
use super::*;
use crate::os::conformance::{quick, Contract};

/// Systems with a fault each, with a part of the name of the check that must find it.
fn faulty() -> Vec<(&'static str, Contract)> {
    let here = Contract::HERE;
    vec![
        ("locks exclude open file", Contract { try_lock: |_, _| Ok(true), ..here }),
        ("locks exclude open file", Contract { unlock: |_, _| Ok(()), ..here }),
        ("lowest lock", Contract { first_locked: |_, _, _| Ok(None), ..here }),
        ("same memory", Contract { write_at: |_, _, _| Ok(()), ..here }),
        (
            "allocation",
            Contract {
                allocate: |file, offset, len| os::allocate(file, offset, len.min(1 << 20)),
                ..here
            },
        ),
        ("wait ends", Contract { futex_wait: |_, _, _| os::sleep_us(4_100_000), ..here }),
        (
            "name is given once",
            Contract {
                rename_new: |from, to| Ok(std::fs::rename(from, to).is_ok()),
                ..here
            },
        ),
        ("opened again", Contract { reopen: |file, _| Ok(file.try_clone().unwrap()), ..here }),
        ("links", Contract { open_read_write: follow, ..here }),
        ("permissions", Contract { set_mode: |_, _| Ok(()), ..here }),
        ("told from its earlier", Contract { describe: |_| Ok(None), ..here }),
        ("one id", Contract { boot_id: || [0; 16], ..here }),
    ]
}

/// Opens a file as the contract says, but follows a link.
fn follow(path: &Path) -> Result<File> {
    let opened = File::options().read(true).write(true).open(path);
    opened.map_err(|source| Error::Io { call: "open", source })
}

#[test]
fn this_system_is_sound_and_each_fault_is_found_by_its_check() {
    let parent = tempfile::tempdir().unwrap();
    let begun = os::monotonic_us();
    quick(&Contract::HERE, parent.path()).unwrap();
    println!("the checks took {} us", os::monotonic_us() - begun);
    for (check, contract) in faulty() {
        let error = quick(&contract, parent.path()).unwrap_err();
        assert_eq!(error.code(), Code::Unsupported, "{error}");
        assert!(error.to_string().contains(check), "{error} instead of {check}");
    }
    let left = std::fs::read_dir(parent.path()).unwrap().count();
    assert_eq!(left, 0, "the checks leave nothing");
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
    let broken = Contract { first_locked: |_, _, _| Ok(None), ..Contract::HERE };
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
