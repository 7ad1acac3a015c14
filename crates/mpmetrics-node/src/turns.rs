//! Whose turn it is among the threads of this process, where one of them is to speak for all.

use crate::convert::{foreign, Result};
use napi::Env;
use napi_derive::napi;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Turns that are taken, by what they are about.
static TURNS: Mutex<Option<HashMap<String, Turn>>> = Mutex::new(None);

struct Turn {
    thread: u32,
    /// The main thread waits for it.
    wanted: bool,
}

/// Takes a turn, or tells whether it is still this thread's: who has one keeps it until it lets go or ends, but
/// is to let go once the main thread has asked. Thread 0 is the main one.
#[napi]
pub fn take_turn(env: Env, about: String, thread: u32) -> Result<bool> {
    let mut turns = lock();
    let turns = turns.get_or_insert_default();
    if let Some(turn) = turns.get_mut(&about) {
        turn.wanted |= thread == 0 && turn.thread != 0;
        return Ok(turn.thread == thread && !turn.wanted);
    }
    // Before it is taken: a thread that ends gives it back, whatever happens.
    env.add_env_cleanup_hook((about.clone(), thread), |(about, thread)| end_turn(about, thread))
        .map_err(|error| foreign(&error))?;
    turns.insert(about, Turn { thread, wanted: false });
    Ok(true)
}

/// Lets go of a turn, if it is this thread's.
#[napi]
pub fn end_turn(about: String, thread: u32) {
    if let Some(turns) = lock().as_mut() {
        if turns.get(&about).is_some_and(|turn| turn.thread == thread) {
            turns.remove(&about);
        }
    }
}

fn lock() -> MutexGuard<'static, Option<HashMap<String, Turn>>> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}
