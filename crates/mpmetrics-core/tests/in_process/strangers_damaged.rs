//! Whatever a file has for a segment, a stranger that reads it gets a reading, or an error with path and reason.

use std::fs;
use std::path::{Path, PathBuf};

use mpmetrics_core::exposition::text;
use mpmetrics_core::layout::{header, HEADER_WORDS};
use mpmetrics_core::reader::{look, read, Facts, SegmentFile};
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::{Code, Result};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::damage::{damaged, each, image, targets};

/// Takes all steps of a stranger.
fn all_steps(path: &Path) -> Result<()> {
    let file = SegmentFile::open(path)?;
    let facts = Facts::of(&look(&file)?);
    assert!(facts.largest.len() <= 10);
    let filter = Filter { everything: true, exemplars: true, ..Filter::default() };
    let (reading, snapshot) = read(&file, &filter)?;
    assert!(text(&snapshot).ends_with(b"\n"));
    for writer in Facts::of(&reading).writers {
        reading.of_process(writer.process)?;
    }
    Ok(())
}

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = folder.path().join("s.heap");
    (folder, path)
}

/// Takes all steps, and returns whether the file was readable. An error has the path, and is about the file.
fn readable(path: &Path) -> bool {
    match all_steps(path) {
        Ok(()) => true,
        Err(error) => {
            let told = error.to_string();
            assert!(matches!(error.code(), Code::Corrupt | Code::Version), "{told}");
            assert!(told.starts_with(&path.display().to_string()), "{told}");
            false
        }
    }
}

#[test]
fn each_byte_of_the_header_changed_once() {
    let image = bytes(&image());
    let (_folder, path) = folder();
    fs::write(&path, &image).unwrap();
    assert!(readable(&path));
    let mut read = 0;
    for at in 0..HEADER_WORDS as usize * 8 {
        let mut damaged = image.clone();
        damaged[at] ^= 0x55;
        fs::write(&path, &damaged).unwrap();
        read += u32::from(readable(&path));
    }
    // Most words do not matter to a reader.
    assert!(read > 3_000, "{read}");
}

#[test]
fn bits_flipped_anywhere() {
    let image = image();
    let targets = targets(&image);
    let folder = folder().0;
    each(1_000, |number| {
        let path = folder.path().join(format!("{number}.heap"));
        fs::write(&path, bytes(&damaged(&image, &targets, number))).unwrap();
        readable(&path);
        fs::remove_file(&path).unwrap();
    });
}

#[test]
fn truncated_before_and_while_it_is_read() {
    let words = image();
    let image = bytes(&words);
    let (_folder, path) = folder();
    for len in (0..words[header::USED] as usize * 8).step_by(4096 + 8) {
        fs::write(&path, &image[..len]).unwrap();
        assert!(!readable(&path), "{len}");
    }
    fs::write(&path, &image).unwrap();
    let file = SegmentFile::open(&path).unwrap();
    read(&file, &Filter::default()).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(8192).unwrap();
    let error = read(&file, &Filter::default()).map(drop).expect_err("truncated");
    assert_eq!(error.code(), Code::Corrupt);
    assert!(error.to_string().contains("truncated?"), "{error}");
}

#[test]
fn what_is_no_segment_of_this_build() {
    let (folder, path) = folder();
    let refused = |path: &Path| all_steps(path).expect_err("refused").to_string();
    assert!(refused(&path).contains("No such file"));
    assert!(refused(folder.path()).contains("not a regular file"));
    let mut words = image();
    words[header::VERSION] = 9 << 16;
    fs::write(&path, bytes(&words)).unwrap();
    assert!(refused(&path).contains("the layout version is 0x90000"), "{}", refused(&path));
    words[header::MAGIC] = words[header::MAGIC].swap_bytes();
    fs::write(&path, bytes(&words)).unwrap();
    assert!(refused(&path).contains("a machine of the other byte order"));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(refused(&link).contains("it is a symbolic link"));
    let fifo = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    assert!(refused(&fifo).contains("not a regular file"));
}

proptest! {
    #[test]
    fn random_bytes_are_no_segment(bytes in proptest::collection::vec(any::<u8>(), 0..9_000)) {
        let (_folder, path) = folder();
        fs::write(&path, &bytes).unwrap();
        prop_assert!(!readable(&path));
    }
}
