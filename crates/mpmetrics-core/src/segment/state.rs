//! State folders: an engine (Redis) keeps in one what it has to know about a segment. It lies beside the segment's file,
//! and its name is that of the file, a mark, the segment's [origin](crate::heap::Heap::origin) and what the engine adds.
//! It is removed with the segment. A copy of a segment has the origin, and so the state folders, of the original.

use std::path::Path;

/// The mark between the name of a segment's file and the rest.
const MARK: &str = ".heap.state-";

/// Returns the name of the segment's file to which the state folder of this name belongs; `None` for any other name.
fn file_of(name: &str) -> Option<&str> {
    let mark = name.find(MARK)?;
    Some(&name[..mark + ".heap".len()])
}

/// Whether the path is a state folder whose segment is gone. The state folders of the segment `ours` are none: its file
/// may be about to be made, as a copy.
pub fn is_orphan(path: &Path, ours: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    file_of(&name).is_some_and(|file| {
        let segment = path.with_file_name(file);
        segment != ours && !segment.exists()
    })
}

/// Removes the state folders of the segment at this path, which the caller has removed. What cannot be removed is an
/// orphan, and a later start of an application removes it.
pub fn remove(segment: &Path) {
    let Some(parent) = segment.parent() else { return };
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let belongs = file_of(&name.to_string_lossy())
            .is_some_and(|file| segment.file_name().is_some_and(|segment| segment == file));
        if belongs {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
