//! Turns: the thread that has a turn acts for all threads of this process.

use crate::convert::{foreign, Result};
use napi::Env;
use napi_derive::napi;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

static TURNS: Mutex<Option<Turns>> = Mutex::new(None);

/// The main thread's number.
const MAIN: u32 = 0;

#[derive(Default)]
struct Turns {
    /// The turns that are taken, by subject.
    taken: HashMap<String, Turn>,
    /// The subjects and threads that have a cleanup hook. A thread may take a turn many times, and needs one hook.
    hooked: HashSet<(String, u32)>,
}

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
    if let Some(turn) = turns.taken.get_mut(&about) {
        turn.wanted |= thread == MAIN && turn.thread != MAIN;
        return Ok(turn.thread == thread && !turn.wanted);
    }
    // The hook is added before the turn is taken, so that the end of the thread always gives the turn up.
    let hook = (about.clone(), thread);
    if !turns.hooked.contains(&hook) {
        env.add_env_cleanup_hook(hook.clone(), end_thread).map_err(|error| foreign(&error))?;
        turns.hooked.insert(hook);
    }
    turns.taken.insert(about, Turn { thread, wanted: false });
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
    match turns.taken.get_mut(&about) {
        Some(turn) if turn.thread == thread && turn.wanted => {
            *turn = Turn { thread: MAIN, wanted: false };
        }
        Some(turn) if turn.thread == thread => {
            turns.taken.remove(&about);
        }
        Some(turn) if thread == MAIN => turn.wanted = false,
        _ => {}
    }
}

/// Gives up the turn of a thread that ends.
fn end_thread((about, thread): (String, u32)) {
    if let Some(turns) = lock().as_mut() {
        turns.hooked.remove(&(about.clone(), thread));
    }
    end_turn(about, thread);
}

fn lock() -> MutexGuard<'static, Option<Turns>> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}
