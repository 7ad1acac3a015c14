//! The identity of a process. Processes that have the same pid at different times have different identities.

use std::hash::Hasher;
use std::sync::OnceLock;

use siphasher::sip::SipHasher13;

use super::described::Described;
use super::system;
use crate::error::Result;

/// The identity of a process. A pid alone does not identify it: pids are reused, and each container counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcessIdentity {
    /// Its pid in `pid_namespace`.
    pub pid: u32,
    /// Its parent's pid; 0 if the parent is outside of the namespace.
    pub ppid: u32,
    /// Its start time: on Linux in clock ticks after boot, on macOS in microseconds since 1970.
    pub start_time: u64,
    /// The boot id of the machine on which it runs; zeros where the system has none.
    pub boot_id: [u8; 16],
    /// Inode of the pid namespace to which `pid` belongs; a constant on systems without namespaces.
    pub pid_namespace: u64,
}

impl ProcessIdentity {
    /// A 64-bit hash that is the same in every process, build and run. The parent is not hashed, because a process
    /// whose parent dies gets another one and is still the same process.
    #[must_use]
    pub fn key(&self) -> u64 {
        // Fixed keys: this only has to be stable, not secret.
        let mut hasher = SipHasher13::new_with_keys(0x6d70_6d65_7472_6963, 0x7072_6f63_6573_7321);
        hasher.write(&self.pid.to_le_bytes());
        hasher.write(&self.start_time.to_le_bytes());
        hasher.write(&self.boot_id);
        hasher.write(&self.pid_namespace.to_le_bytes());
        hasher.finish()
    }

    /// Whether the process still lives. `None` if the caller cannot find out, because the process belongs to another
    /// pid namespace, boot or machine, or because the system does not describe the process, or the caller.
    ///
    /// A zombie is dead: it does not run any more.
    #[must_use]
    pub fn is_alive(&self) -> Option<bool> {
        let me = Self::current().ok()?;
        let known = self.boot_id != [0; 16];
        if !known || self.boot_id != me.boot_id || self.pid_namespace != me.pid_namespace {
            return None;
        }
        match read(self.pid) {
            Ok(Some((found, running))) => Some(running && found.start_time == self.start_time),
            Ok(None) => Some(false),
            Err(_) => None,
        }
    }

    /// The process that calls.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::Error::Io) or [`Error::Unsupported`](crate::Error::Unsupported) if the system does not
    /// describe the process.
    pub fn current() -> Result<Self> {
        let described = system::describe_self()?;
        Ok(Self {
            pid: std::process::id(),
            ppid: described.ppid,
            start_time: described.start_time,
            boot_id: system::boot_id(),
            pid_namespace: system::pid_namespace()?,
        })
    }

    /// An identity for the calling process where the system does not describe the process. A random number, which is
    /// chosen once, replaces the start time, so the identity is the same at each call and different from all others.
    /// [`ProcessIdentity::is_alive`] cannot tell whether such a process lives.
    #[must_use]
    pub fn undescribed() -> Self {
        static OWN: OnceLock<ProcessIdentity> = OnceLock::new();
        *OWN.get_or_init(|| Self {
            pid: std::process::id(),
            ppid: 0,
            start_time: system::random_u64(),
            boot_id: [0; 16],
            pid_namespace: 0,
        })
    }

    /// The process that has the number `pid` in the caller's pid namespace; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) if the system describes another pid namespace,
    /// [`Error::Io`](crate::Error::Io) if it does not describe the process.
    pub fn of(pid: u32) -> Result<Option<Self>> {
        if pid == std::process::id() {
            return Self::current().map(Some);
        }
        Ok(read(pid)?.map(|(found, _)| found))
    }
}

/// The process `pid` and whether it runs, which a zombie does not.
fn read(pid: u32) -> Result<Option<(ProcessIdentity, bool)>> {
    let me = ProcessIdentity::current()?;
    Ok(system::describe(pid)?.map(|Described { ppid, start_time, runs }| {
        (ProcessIdentity { pid, ppid, start_time, ..me }, runs)
    }))
}

#[cfg(all(test, any(target_os = "linux", target_os = "macos")))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn the_caller_lives_and_is_found_by_its_pid() {
        let me = ProcessIdentity::current().unwrap();
        assert_eq!(me.pid, std::process::id());
        assert!(me.start_time > 0 && me.pid_namespace > 0);
        assert_eq!(me.is_alive(), Some(true));
        assert_eq!(ProcessIdentity::of(me.pid).unwrap(), Some(me));
        let parent = ProcessIdentity::of(me.ppid).unwrap().unwrap();
        assert_ne!(parent.key(), me.key());
        assert_eq!(parent.is_alive(), Some(true));
    }

    #[test]
    fn a_zombie_a_dead_one_and_a_reused_pid_are_dead() {
        let mut child = Command::new("sleep").arg("60").stdout(Stdio::null()).spawn().unwrap();
        let it = ProcessIdentity::of(child.id()).unwrap().unwrap();
        assert_eq!(it.ppid, std::process::id());
        assert_eq!(it.is_alive(), Some(true));
        let earlier = ProcessIdentity { start_time: it.start_time - 1, ..it };
        assert_eq!(earlier.is_alive(), Some(false), "the same pid with another start time");
        child.kill().unwrap();
        let started = std::time::Instant::now();
        while it.is_alive() == Some(true) {
            assert!(started.elapsed().as_secs() < 10, "a killed child must become a zombie");
            std::thread::yield_now();
        }
        if cfg!(target_os = "linux") {
            assert!(ProcessIdentity::of(child.id()).unwrap().is_some(), "not reaped yet");
        }
        child.wait().unwrap();
        assert_eq!(ProcessIdentity::of(it.pid).unwrap(), None);
        assert_eq!(it.is_alive(), Some(false));
    }

    #[test]
    fn whether_a_process_of_another_boot_or_namespace_lives_is_unknown() {
        let me = ProcessIdentity::current().unwrap();
        let elsewhere = ProcessIdentity { pid_namespace: me.pid_namespace + 1, ..me };
        assert_eq!(elsewhere.is_alive(), None);
        let before = ProcessIdentity { boot_id: [7; 16], ..me };
        assert_eq!(before.is_alive(), None);
        assert_eq!(ProcessIdentity { boot_id: [0; 16], ..me }.is_alive(), None);
    }

    #[test]
    fn an_undescribed_process_has_the_same_key_at_each_call() {
        let me = ProcessIdentity::undescribed();
        assert_eq!(me.key(), ProcessIdentity::undescribed().key());
        assert_ne!(me.key(), ProcessIdentity::current().unwrap().key());
        assert_eq!(me.is_alive(), None);
    }

    #[test]
    fn the_key_depends_on_every_field_but_the_parent() {
        let a =
            ProcessIdentity { pid: 1, ppid: 0, start_time: 2, boot_id: [3; 16], pid_namespace: 4 };
        assert_eq!(a.key(), 0x6be9_f341_ab48_eb06, "other versions compare this key with theirs");
        assert_eq!(a.key(), ProcessIdentity { ppid: 9, ..a }.key());
        for b in [
            ProcessIdentity { pid: 2, ..a },
            ProcessIdentity { start_time: 3, ..a },
            ProcessIdentity { boot_id: [4; 16], ..a },
            ProcessIdentity { pid_namespace: 5, ..a },
        ] {
            assert_ne!(a.key(), b.key());
        }
    }
}
