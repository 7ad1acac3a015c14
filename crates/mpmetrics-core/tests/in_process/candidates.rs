//! Candidates in the election of one isolate that acts for the application.

use crate::small::heap;
use mpmetrics_core::heap::{Candidate, Heap};

fn candidate(heap: &Heap, name: &str) -> Candidate {
    heap.candidate(name).unwrap()
}

#[test]
fn of_the_candidates_of_one_name_one_is_elected_until_it_is_dropped() {
    let heap = heap();
    let [first, second, third] = [(); 3].map(|()| candidate(&heap, "redis"));
    assert!(first.stand().unwrap());
    assert!(!second.stand().unwrap());
    assert!(first.stand().unwrap(), "it stays elected");
    drop(second);
    assert!(!third.stand().unwrap(), "the end of another candidate changes nothing");
    drop(first);
    assert!(third.stand().unwrap());
}

#[test]
fn candidates_of_other_names_and_other_heaps_do_not_exclude_each_other() {
    let (heap, other) = (heap(), crate::small::heap());
    let all = [
        candidate(&heap, "redis"),
        candidate(&heap, "redi"),
        candidate(&heap, ""),
        candidate(&other, "redis"),
    ];
    for one in &all {
        assert!(one.stand().unwrap());
    }
}

#[test]
fn one_of_many_threads_is_elected() {
    let heap = heap();
    for _ in 0..20 {
        let elected = std::thread::scope(|scope| {
            let stand = || {
                let one = candidate(&heap, "redis");
                let won = one.stand().unwrap();
                (won, one)
            };
            let threads = [(); 8].map(|()| scope.spawn(stand));
            // The candidates live until all have stood.
            let stood = threads.map(|thread| thread.join().unwrap());
            stood.iter().filter(|(won, _)| *won).count()
        });
        assert_eq!(elected, 1);
    }
}
