//! Takes the heap lock of a segment and keeps it until it is killed: for tests of what all others do
//! meanwhile and afterwards.
//!
//! `hold_lock PATH` prints `held` once it has the lock.

use mpmetrics_core::segment::Segment;
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: hold_lock PATH")?;
    let segment = Segment::at(path)?;
    let held = segment.heap().hold_lock()?;
    println!("held");
    std::io::stdout().flush()?;
    // Until the test closes our standard input, or kills us.
    std::io::stdin().read_line(&mut String::new())?;
    drop(held);
    Ok(())
}
