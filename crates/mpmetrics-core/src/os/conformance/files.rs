//! Checks of names, links and permissions.

use std::path::Path;

use super::scratch::{ensure, Found, Scratch};
use crate::error::{Error, Result};
use crate::os::entry::EntryKind;

pub fn names_are_given_once(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (born, first) = scratch.file("born")?;
    let (late, second) = scratch.file("late")?;
    let name = scratch.path("name");
    ensure((contract.rename_new)(&born, &name)?, "a free name could not be given")?;
    ensure((contract.same_file)(&first, &name)?, "the name is that of another file")?;
    ensure(!(contract.rename_new)(&late, &name)?, "a name was given twice")?;
    ensure((contract.same_file)(&first, &name)?, "a name changed its file")?;
    ensure((contract.same_file)(&second, &late)?, "the loser lost its name")?;
    let (one, two) = (scratch.path("one"), scratch.path("two"));
    (contract.make_directory)(&one, 0o700)?;
    ensure((contract.rename_new)(&one, &two)?, "a directory could not be named")?;
    let again = (contract.create_new)(&name, 0o600);
    ensure(again.is_err(), "a file was made in place of another")?;
    ensure((contract.make_directory)(&two, 0o700).is_err(), "a directory was made twice")
}

pub fn reopened_is_the_same(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, file) = scratch.file("reopened")?;
    let again = (contract.reopen)(&file, Some(&path))?;
    let inode = (contract.entry_of)(&file)?.inode;
    ensure((contract.entry_of)(&again)?.inode == inode, "another file was opened")?;
    ensure((contract.try_lock)(&file, 1)?, "a free byte could not be locked")?;
    ensure(!(contract.try_lock)(&again, 1)?, "it has the same description")?;
    let (other, _) = scratch.file("other")?;
    std::fs::rename(&other, &path).map_err(|source| Error::Io { call: "rename", source })?;
    ensure(!(contract.same_file)(&file, &path)?, "another file counts as the same one")?;
    // Not all systems can open a file that has no name, but none may open the file that has its name now.
    match (contract.reopen)(&file, Some(&path)) {
        Ok(again) => {
            ensure((contract.entry_of)(&again)?.inode == inode, "the successor was opened")
        }
        Err(_) => Ok(()),
    }
}

pub fn links_are_not_followed(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, _) = scratch.file("target")?;
    let (link, inside) = (scratch.path("link"), scratch.path("inside"));
    (contract.make_directory)(&inside, 0o700)?;
    make_link(&path, &link)?;
    ensure((contract.entry_at)(&link)?.kind == EntryKind::Link, "wrong kind: a link")?;
    ensure((contract.entry_at)(&path)?.kind == EntryKind::File, "wrong kind: a file")?;
    ensure((contract.entry_at)(&inside)?.kind == EntryKind::Directory, "wrong kind: a directory")?;
    ensure((contract.open_read_write)(&link).is_err(), "a link to a file was followed")?;
    ensure((contract.open_directory)(&link).is_err(), "a link was opened as a directory")?;
    (contract.open_directory)(&inside)?;
    Ok(())
}

#[cfg(unix)]
fn make_link(to: &Path, link: &Path) -> Result<()> {
    std::os::unix::fs::symlink(to, link).map_err(|source| Error::Io { call: "symlink", source })
}

#[cfg(not(unix))]
fn make_link(_: &Path, _: &Path) -> Result<()> {
    Err(Error::Unsupported("symbolic links"))
}

pub fn permissions_are_set(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, file) = scratch.file("permissions")?;
    let made = (contract.entry_of)(&file)?;
    ensure(made.mode & 0o077 == 0, "a new file lets others in")?;
    ensure(made.links == 1, "a new file has several names")?;
    (contract.set_file_mode)(&file, 0o640)?;
    ensure((contract.entry_at)(&path)?.mode == 0o640, "other permissions than asked for")?;
    (contract.set_mode)(&path, 0o600)?;
    ensure((contract.entry_of)(&file)?.mode == 0o600, "other permissions than asked for")
}
