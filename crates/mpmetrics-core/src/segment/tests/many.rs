//! Many processes or threads that make and remove the same segment at the same time.

use super::*;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::sync::{Barrier, Mutex};

const AT_ONCE: u64 = 8;
const ROUNDS: usize = 500;

fn inode(file: &File) -> u64 {
    file.metadata().unwrap().ino()
}

#[test]
fn threads_that_create_at_once_have_one_file() {
    let dir = parent();
    let (barrier, seen) = (Barrier::new(AT_ONCE as usize), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    let options = derived(&[dir.path()], &format!("r{round}"));
                    barrier.wait();
                    let opened = make(&options);
                    seen.lock().unwrap().push((round, inode(&opened.file), opened.created));
                    barrier.wait();
                    if opened.created {
                        fs::remove_file(&opened.path).unwrap();
                    }
                }
            });
        }
    });
    let seen = seen.into_inner().unwrap();
    let files: HashSet<(usize, u64)> = seen.iter().map(|&(round, file, _)| (round, file)).collect();
    assert_eq!(files.len(), ROUNDS, "one file a round");
    assert_eq!(seen.iter().filter(|s| s.2).count(), ROUNDS, "one creator a round");
    assert_eq!(names(&own(dir.path())), [""; 0], "no temporary file is left");
}

#[test]
fn without_the_directory_lock_there_is_one_file_all_the_same() {
    let dir = parent();
    let access = Access::new(None, None).unwrap();
    let (barrier, seen) = (Barrier::new(AT_ONCE as usize), Mutex::new(HashSet::new()));
    let (made, rounds) = (Mutex::new(0), 200);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                for round in 0..rounds {
                    let directory = Directory::open(dir.path(), access, true).unwrap().unwrap();
                    let segment_path = SegmentPath::derived(directory, &format!("r{round}"));
                    barrier.wait();
                    let file = match create(&segment_path, None, &Page).unwrap() {
                        Some(file) => {
                            *made.lock().unwrap() += 1;
                            file
                        }
                        None => segment_path.open_file(segment_path.path()).unwrap().unwrap(),
                    };
                    seen.lock().unwrap().insert((round, inode(&file)));
                }
            });
        }
    });
    assert_eq!((seen.into_inner().unwrap().len(), made.into_inner().unwrap()), (rounds, rounds));
}

/// In each round, all threads claim a slot and free it, as processes do. The last thread to free its slot removes the
/// file, while other threads already open it again. Threads that hold slots at the same time must hold them in the same
/// file.
#[test]
fn threads_that_join_while_others_tidy_use_one_file() {
    let dir = parent();
    let living = Mutex::new(Vec::<u64>::new());
    let root = dead(); // so that making a segment `b0` to `b7` tries to reap segment `a`, too
    let removed = Mutex::new(0);
    std::thread::scope(|scope| {
        for slot in 0..AT_ONCE {
            let (living, removed, dir) = (&living, &removed, &dir);
            scope.spawn(move || {
                let options = OpenOptions { root: Some(root), ..derived(&[dir.path()], "a") };
                let beside = OpenOptions { name: Some(format!("b{slot}")), ..options.clone() };
                for round in 0..ROUNDS as u64 {
                    let opened = join(&options, slot);
                    living.lock().unwrap().push(inode(&opened.file));
                    if round % 16 == slot {
                        drop(open(&beside, &Page).unwrap());
                    }
                    {
                        let mut living = living.lock().unwrap();
                        assert!(living.iter().all(|&file| file == living[0]), "{living:?}");
                        living.pop();
                    }
                    *removed.lock().unwrap() += u64::from(tidy(&opened, slot));
                }
            });
        }
    });
    assert!(removed.into_inner().unwrap() > 10, "the race was never run");
}

/// Like `threads_that_create_at_once_have_one_file`, but with eight processes, which claim slots.
#[test]
fn processes_that_create_at_once_have_one_file() {
    if let Some((word, path)) = part() {
        let slot = word.parse().unwrap();
        println!("ready");
        for round in std::io::stdin().lines() {
            let opened = join(&derived(&[&path], &round.unwrap()), slot);
            println!("made {} {}", inode(&opened.file), opened.created);
        }
        return;
    }
    let dir = parent();
    let mut children: Vec<_> = (0..AT_ONCE)
        .map(|slot| {
            let test = "many::processes_that_create_at_once_have_one_file";
            let mut child = another(test, &slot.to_string(), dir.path()).spawn().unwrap();
            let answers = BufReader::new(child.stdout.take().unwrap()).lines();
            (child, answers)
        })
        .collect();
    for (_, answers) in &mut children {
        assert!(answers.any(|line| line.unwrap().ends_with("ready")));
    }
    for round in 0..ROUNDS {
        for (child, _) in &mut children {
            writeln!(child.stdin.as_mut().unwrap(), "r{round}").unwrap();
        }
        let mut files = HashSet::new();
        let mut created = 0;
        for (_, answers) in &mut children {
            let answer = answers.next().unwrap().unwrap();
            let [_, file, made] = answer.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{answer}")
            };
            files.insert(file.to_owned());
            created += u32::from(made == "true");
        }
        assert_eq!((files.len(), created), (1, 1), "round {round}: one file, one creator");
        fs::remove_file(own(dir.path()).join(format!("r{round}.heap"))).unwrap();
    }
    for (mut child, _) in children {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}
