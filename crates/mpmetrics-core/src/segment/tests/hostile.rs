//! Files and directories of other users under the names that a segment needs; full and missing directories.

use super::*;

fn refused(options: &OpenOptions, rule: &str) -> Error {
    let error = open(options, &Page).unwrap_err();
    assert_eq!(error.code(), Code::Unsafe, "{error}");
    assert!(error.to_string().contains(rule), "{error} should say: {rule}");
    error
}

fn is_root() -> bool {
    if os::effective_uid() != 0 {
        eprintln!("SKIPPED (needs root): {}", std::thread::current().name().unwrap());
    }
    os::effective_uid() == 0
}

#[test]
fn what_is_made_is_ours_alone() {
    let dir = parent();
    let opened = make(&derived(&[dir.path()], "a"));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(opened.path, own(dir.path()).join("a.heap"));
    assert_eq!(mode(&opened.path), 0o600);
    assert_eq!(mode(&own(dir.path())), 0o700);
    assert!(opened.created && opened.passed_over.is_empty());
    assert_eq!(names(&own(dir.path())), ["a.heap"]);
}

#[test]
fn a_file_that_is_not_a_plain_file_of_ours_is_refused() {
    let dir = parent();
    let options = derived(&[dir.path()], "a");
    let path = make(&options).path;
    let mut named = OpenOptions { path: Some(path.clone()), ..OpenOptions::default() };
    named.create = true;
    let other = dir.path().join("other");
    fs::rename(&path, &other).unwrap();

    symlink(&other, &path).unwrap();
    refused(&options, "it is a symbolic link");
    let error = refused(&named, "it is a symbolic link");
    assert!(error.to_string().contains(path.to_str().unwrap()));
    fs::remove_file(&path).unwrap();

    fs::hard_link(&other, &path).unwrap();
    refused(&options, "it has further hard links");
    refused(&named, "it has further hard links");
    fs::remove_file(&path).unwrap();

    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    refused(&options, "it is not a regular file");
    fs::remove_file(&path).unwrap();

    fs::create_dir(&path).unwrap();
    refused(&options, "it is not a regular file");
    fs::remove_dir(&path).unwrap();

    fs::copy(&other, &path).unwrap();
    for mode in [0o604, 0o640, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        refused(&named, "its mode lets other users in");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(open(&named, &Page).unwrap().is_some(), "the control");
    if is_root() {
        std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
        refused(&named, "it belongs to another user");
    }
}

#[test]
fn a_corrupt_file_is_an_error_with_its_path() {
    let dir = parent();
    let options = derived(&[dir.path()], "a");
    let path = make(&options).path;
    for bytes in [&b""[..], b"a page!", &[7; 8192]] {
        fs::write(&path, bytes).unwrap();
        let error = open(&options, &Page).unwrap_err();
        assert_eq!(error.code(), Code::Corrupt);
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
    }
    make(&derived(&[dir.path()], "b"));
    assert!(path.exists(), "no process reaps what it cannot read");
}

#[test]
fn a_directory_that_is_not_ours_is_passed_over() {
    let (bad, good) = (parent(), parent());
    let options = derived(&[bad.path(), good.path()], "a");
    let ours = own(bad.path());
    let goes_elsewhere = |rule: &str| {
        let opened = make(&options);
        assert!(opened.path.starts_with(good.path()));
        let [(path, error)] = &opened.passed_over[..] else { panic!("{:?}", opened.passed_over) };
        assert_eq!(path, bad.path());
        assert!(error.to_string().contains(rule), "{error}");
    };
    fs::create_dir(bad.path().join("real")).unwrap();
    symlink(bad.path().join("real"), &ours).unwrap();
    goes_elsewhere("it is not a directory");
    fs::remove_file(&ours).unwrap();
    fs::write(&ours, b"").unwrap();
    goes_elsewhere("it is not a directory");
    fs::remove_file(&ours).unwrap();
    fs::create_dir(&ours).unwrap();
    fs::set_permissions(&ours, fs::Permissions::from_mode(0o711)).unwrap();
    goes_elsewhere("its mode lets other users in");
    fs::set_permissions(&ours, fs::Permissions::from_mode(0o700)).unwrap();
    if is_root() {
        std::os::unix::fs::chown(&ours, Some(12345), None).unwrap();
        goes_elsewhere("it belongs to another user");
        let error = refused(&derived(&[bad.path()], "a"), "it belongs to another user");
        assert!(matches!(&error, Error::Nowhere { tried } if tried.len() == 1), "{error}");
    }
}

#[test]
fn the_first_directory_that_has_the_segment_is_taken_and_no_other_is_made() {
    let (first, second) = (parent(), parent());
    let absent = first.path().join("absent");
    let both = derived(&[&absent, first.path(), second.path()], "a");
    let there = make(&derived(&[second.path()], "a"));
    let found = make(&both);
    assert_eq!(found.path, there.path);
    assert!(!own(first.path()).exists(), "what was found is not made elsewhere");
    assert_eq!(make(&OpenOptions { name: Some("b".into()), ..both }).passed_over.len(), 1);
    let mut look = derived(&[first.path()], "c");
    look.create = false;
    assert!(open(&look, &Page).unwrap().is_none());
    let error = open(&derived(&[&absent], "a"), &Page).unwrap_err();
    assert_eq!(error.code(), Code::Io);
    assert!(error.to_string().contains(absent.to_str().unwrap()), "{error}");
}

#[test]
fn options_that_break_a_rule_are_named() {
    let dir = parent();
    let good = derived(&[dir.path()], "a");
    let both = OpenOptions { path: Some("/a".into()), ..good.clone() };
    let neither = OpenOptions { name: None, ..good.clone() };
    let relative = OpenOptions { path: Some("a".into()), name: None, ..good.clone() };
    let nowhere = OpenOptions { directories: Vec::new(), ..good.clone() };
    let mode = OpenOptions { mode: Some(0o700), ..good.clone() };
    for bad in [both, neither, relative, nowhere, mode] {
        assert_eq!(open(&bad, &Page).unwrap_err().code(), Code::Invalid, "{bad:?}");
    }
    for name in ["", "..", "a/b", "A", ".lock", "a.new-1", &"a".repeat(65)] {
        let error = open(&derived(&[dir.path()], name), &Page).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{name}");
        assert!(error.to_string().contains(name));
    }
}

/// A full tmpfs of 64 KiB. Dropping this value unmounts the tmpfs.
struct Full(tempfile::TempDir);

impl Full {
    fn mount() -> Option<Self> {
        if !is_root() {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=64k,mode=1777", "tmpfs"];
        let done = std::process::Command::new("mount").args(mount).arg(dir.path()).status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED (cannot mount a tmpfs)");
            return None;
        }
        let _ = fs::write(dir.path().join("filler"), [1; 65536]);
        Some(Self(dir))
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_directory_is_an_error_or_passed_over() {
    let (Some(full), good) = (Full::mount(), parent()) else { return };
    let error = open(&derived(&[full.0.path()], "a"), &Page).unwrap_err();
    assert_eq!(error.code(), Code::Full, "{error}");
    assert_eq!(names(&own(full.0.path())), [""; 0], "nothing half made stays");
    let opened = make(&derived(&[full.0.path(), good.path()], "a"));
    assert!(opened.path.starts_with(good.path()));
    assert_eq!(opened.passed_over[0].1.code(), Code::Full);
    let path = Some(full.0.path().join("named"));
    let named = OpenOptions { path, create: true, ..OpenOptions::default() };
    assert_eq!(open(&named, &Page).unwrap_err().code(), Code::Full);
    fs::remove_file(full.0.path().join("filler")).unwrap();
    assert_eq!(make(&derived(&[full.0.path(), good.path()], "a")).path, opened.path);
    assert!(make(&derived(&[full.0.path()], "b")).created);
}

#[test]
fn a_lock_that_a_stranger_removed_is_made_again_for_the_group() {
    if !is_root() {
        return;
    }
    let dir = parent();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let mut options = derived(&[dir.path()], "a");
    options.gid = Some(4242);
    let made = make(&options);
    let lock = made.path.parent().unwrap().join(".lock");
    fs::remove_file(&lock).unwrap();
    Page.retire(&made.file).unwrap();
    assert!(unlink(&made.path, &made.file).unwrap());
    let found = fs::metadata(&lock).unwrap();
    assert_eq!((found.mode() & 0o7777, found.gid()), (0o660, 4242));
}

#[test]
fn users_of_a_configured_group_open_the_same_segment() {
    use std::os::unix::process::CommandExt;
    if let Some((_, path)) = part() {
        let mut options = derived(&[&path], "a");
        options.gid = Some(4242);
        let theirs = make(&options);
        println!("inode {}", theirs.file.metadata().unwrap().ino());
        return;
    }
    if !is_root() {
        return;
    }
    let dir = parent();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let mut options = derived(&[dir.path()], "a");
    options.gid = Some(4242);
    let ours = make(&options);
    assert_eq!(ours.path, dir.path().join("mpmetrics-g4242/a.heap"));
    let found = fs::metadata(&ours.path).unwrap();
    assert_eq!((found.mode() & 0o7777, found.gid()), (0o660, 4242));
    assert_eq!(fs::metadata(ours.path.parent().unwrap()).unwrap().mode() & 0o7777, 0o770);

    // The other user may have no access to this program's directory.
    let program = dir.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let template =
        another("hostile::users_of_a_configured_group_open_the_same_segment", "", dir.path());
    let mut command = std::process::Command::new(program);
    command.args(template.get_args());
    for (name, value) in template.get_envs() {
        command.env(name, value.unwrap());
    }
    command.current_dir("/").uid(4343).gid(4242);
    // The copy cannot be executed while a process has it open for writing. A child that another test forked during the
    // copying inherits that descriptor, and has it until its exec.
    let output = (0..500)
        .find_map(|_| match command.output() {
            Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                os::sleep_us(10_000);
                None
            }
            other => Some(other.unwrap()),
        })
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let expected = format!("inode {}", ours.file.metadata().unwrap().ino());
    assert!(text.contains(&expected), "{text} {}", String::from_utf8_lossy(&output.stderr));
}
