//! Holds the heap lock of a segment, for tests of other processes that need the lock.
//!
//! `hold_lock PATH` prints `held` once it has the lock. It holds the lock until stdin has a line or ends, or until it
//! is killed.
//! `hold_lock PATH HELD FREE` holds the lock for HELD milliseconds, releases it for FREE milliseconds, and so on, as if
//! many processes used it.

use mpmetrics_core::segment::Segment;
use mpmetrics_core::Code;
use std::io::Write;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: hold_lock PATH")?;
    let segment = Segment::at(path)?;
    let mut held = segment.heap().hold_lock()?;
    println!("held");
    std::io::stdout().flush()?;
    let times: Vec<u64> =
        std::env::args().skip(2).map(|ms| ms.parse()).collect::<Result<_, _>>()?;
    if let [of_holding, of_rest] = times[..] {
        loop {
            std::thread::sleep(Duration::from_millis(of_holding));
            drop(held);
            std::thread::sleep(Duration::from_millis(of_rest));
            // Tries again if another process holds the lock.
            held = loop {
                match segment.heap().hold_lock() {
                    Err(error) if error.code() == Code::Busy => (),
                    other => break other?,
                }
            };
        }
    }
    // Waits until the test closes stdin, or kills this process.
    std::io::stdin().read_line(&mut String::new())?;
    drop(held);
    Ok(())
}
