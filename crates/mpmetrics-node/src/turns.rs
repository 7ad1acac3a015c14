//! Whose turn it is among the threads of this process, where one of them is to speak for all.

use crate::convert::{foreign, Result};
use napi::Env;
use napi_derive::napi;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Turns that are taken, by what they are about.
static TURNS: Mutex<Option<HashMap<String, Turn>>> = Mutex::new(None);

/// The main thread's number.
const MAIN: u32 = 0;

struct Turn {
    thread: u32,
    /// The main thread waits for it.
    wanted: bool,
}

/// Takes a turn, or tells whether it is still this thread's: a thread keeps it until it gives it up or ends, but
/// is to give it up once the main thread has asked.
#[napi]
pub fn take_turn(env: Env, about: String, thread: u32) -> Result<bool> {
    let mut turns = lock();
    let turns = turns.get_or_insert_default();
    if let Some(turn) = turns.get_mut(&about) {
        turn.wanted |= thread == MAIN && turn.thread != MAIN;
        return Ok(turn.thread == thread && !turn.wanted);
    }
    // Before it is taken: a thread that ends gives it back, whatever happens.
    env.add_env_cleanup_hook((about.clone(), thread), |(about, thread)| end_turn(about, thread))
        .map_err(|error| foreign(&error))?;
    turns.insert(about, Turn { thread, wanted: false });
    Ok(true)
}

/// Gives up a turn, or no longer waits for it. The main thread gets one that it waits for.
#[napi]
pub fn end_turn(about: String, thread: u32) {
    let mut turns = lock();
    let Some(turns) = turns.as_mut() else {
        return;
    };
    match turns.get_mut(&about) {
        Some(turn) if turn.thread == thread && turn.wanted => {
            *turn = Turn { thread: MAIN, wanted: false };
        }
        Some(turn) if turn.thread == thread => {
            turns.remove(&about);
        }
        Some(turn) if thread == MAIN => turn.wanted = false,
        _ => {}
    }
}

fn lock() -> MutexGuard<'static, Option<HashMap<String, Turn>>> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}
