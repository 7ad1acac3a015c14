//! Takes the heap lock of a segment and keeps it until it is killed: for tests of what all others do
//! meanwhile and afterwards.
//!
//! `hold_lock PATH` prints `held` once it has the lock.
//! `hold_lock PATH HELD FREE` leaves it free for so many milliseconds now and then, as many busy processes do together.

use mpmetrics_core::segment::Segment;
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
            // Another process has it for microseconds.
            held = loop {
                if let Ok(held) = segment.heap().hold_lock() {
                    break held;
                }
            };
        }
    }
    // Until the test closes our standard input, or kills us.
    std::io::stdin().read_line(&mut String::new())?;
    drop(held);
    Ok(())
}
