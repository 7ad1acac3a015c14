//! The segments that lie in this package's own directories.

use super::directory::own_directory;
use crate::os::{self, EntryKind};
use std::path::{Path, PathBuf};

/// Returns the paths of the segments below these parents, in which this package's own directories may lie: those of this
/// user, and those of groups that this process may read. A directory that cannot be read has none. The paths of a
/// parent are sorted.
#[must_use]
pub fn list(parents: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for parent in parents {
        let mut segments: Vec<PathBuf> = entries(parent)
            .filter(|path| is_own(path))
            .flat_map(|directory| entries(&directory).collect::<Vec<_>>())
            .filter(|path| path.extension().is_some_and(|end| end == "heap"))
            .filter(|path| !name_of(path).starts_with('.'))
            .collect();
        segments.sort();
        found.extend(segments);
    }
    found
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether this is the directory of this user, or of a group.
fn is_own(path: &Path) -> bool {
    let name = name_of(path);
    let gid = name.rsplit('g').next().and_then(|gid| gid.parse().ok());
    (name == own_directory(None) || gid.is_some_and(|gid| name == own_directory(Some(gid))))
        && os::entry_at(path).is_ok_and(|entry| entry.kind == EntryKind::Directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_this_user_and_of_groups_are_listed() {
        let parent = tempfile::tempdir().unwrap();
        let own = format!("mpmetrics-{}", os::effective_uid());
        for file in ["b.heap", "a.heap", ".a.heap.new-1", ".lock", "a.heap.txt"] {
            for folder in [&own[..], "mpmetrics-g7", "mpmetrics-gx", "mpmetrics-123456", "x"] {
                let folder = parent.path().join(folder);
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(file), "").unwrap();
            }
        }
        std::os::unix::fs::symlink(parent.path().join("x"), parent.path().join("mpmetrics-g8"))
            .unwrap();
        let none = parent.path().join("none");
        let found = list(&[none, parent.path().to_owned()]);
        let found: Vec<_> =
            found.iter().map(|path| path.strip_prefix(parent.path()).unwrap().to_owned()).collect();
        let folders = [&own[..], "mpmetrics-g7"];
        let mut wanted: Vec<_> = (folders.iter())
            .flat_map(|folder| ["a.heap", "b.heap"].map(|file| Path::new(folder).join(file)))
            .collect();
        wanted.sort();
        assert_eq!(found, wanted);
    }
}
