//! Turns: the thread that has a turn acts for all threads of this process.

use crate::convert::{foreign, Result};
use napi::Env;
use napi_derive::napi;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The turns that are taken, by subject.
static TURNS: Mutex<Option<HashMap<String, Turn>>> = Mutex::new(None);

/// The main thread's number.
const MAIN: u32 = 0;

struct Turn {
    thread: u32,
    /// Whether the main thread waits for the turn.
    wanted: bool,
}

/// Takes a turn, if it is free. Returns whether this thread has the turn and may keep it. A thread keeps a turn until
/// it gives the turn up or ends, but has to give it up once the main thread has asked for it.
#[napi]
pub fn take_turn(env: Env, about: String, thread: u32) -> Result<bool> {
    let mut turns = lock();
    let turns = turns.get_or_insert_default();
    if let Some(turn) = turns.get_mut(&about) {
        turn.wanted |= thread == MAIN && turn.thread != MAIN;
        return Ok(turn.thread == thread && !turn.wanted);
    }
    // The hook is added before the turn is taken, so that the end of the thread always gives the turn up.
    env.add_env_cleanup_hook((about.clone(), thread), |(about, thread)| end_turn(about, thread))
        .map_err(|error| foreign(&error))?;
    turns.insert(about, Turn { thread, wanted: false });
    Ok(true)
}

/// Gives up a turn. If the main thread waits for that turn, the main thread gets it. A main thread that calls this
/// without having the turn stops waiting for it.
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
