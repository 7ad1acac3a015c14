//! The doorbell of one isolate. Threads of the core may call the isolate's JavaScript functions.

use crate::convert::{failure, foreign, Result};
use mpmetrics_core::doorbell::{Done, Doorbell, Ear};
use mpmetrics_core::Error;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunctionCallMode, UnknownReturnValue};
use napi::Env;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// A function of JavaScript without arguments.
pub type Callback<'a> = Function<'a, (), UnknownReturnValue>;

/// The number of the next isolate that rings, for [`Doorbell::forget`].
static OWNERS: AtomicU64 = AtomicU64::new(1);

/// One isolate's side of a process's doorbell. Cleanup hooks of its environment take back all functions that
/// a thread might call, and run before any part of the environment is freed.
pub struct Bell {
    doorbell: Arc<Doorbell>,
    listening: Rc<RefCell<Option<Listening>>>,
    /// The number that the isolate got from [`OWNERS`]; 0 until the isolate first rings.
    owner: Cell<u64>,
}

/// The listener of an isolate with callbacks. Dropping it ends the listening.
struct Listening {
    doorbell: Arc<Doorbell>,
    ear: Arc<Ear>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.doorbell.leave(&self.ear);
    }
}

impl Bell {
    /// Makes one isolate's side of a doorbell.
    pub fn new(doorbell: Arc<Doorbell>) -> Self {
        Self { doorbell, listening: Rc::default(), owner: Cell::new(0) }
    }

    /// Has the watcher call `rung` on this isolate when another writer rings. `rung` does not keep the isolate alive.
    pub fn listen(&self, env: &Env, (slot, life): (u32, u32), rung: &Callback<'_>) -> Result<()> {
        let rung = rung.build_threadsafe_function().weak::<true>().build();
        let rung = rung.map_err(|error| foreign(&error))?;
        self.silence();
        // Added after the function was made: hooks run in reverse order, so the listener leaves before the function is
        // closed.
        env.add_env_cleanup_hook(Rc::clone(&self.listening), |listening| drop(listening.take()))
            .map_err(|error| foreign(&error))?;
        let rung = Box::new(move || {
            rung.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        let ear = self.doorbell.listen(slot, life, rung).map_err(|error| failure(&error))?;
        let doorbell = Arc::clone(&self.doorbell);
        *self.listening.borrow_mut() = Some(Listening { doorbell, ear });
        Ok(())
    }

    /// Ends [`Bell::listen`].
    pub fn silence(&self) {
        drop(self.listening.take());
    }

    /// Notes that callbacks begin to run. Returns the value for [`Bell::answer`]; `None` if the isolate does not
    /// listen.
    pub fn begin(&self) -> Option<u32> {
        self.listening.borrow().as_ref().map(|listening| listening.ear.begin())
    }

    /// Answers all rings up to `bell`: the callbacks that began at this value have settled.
    pub fn answer(&self, bell: u32) {
        if let Some(listening) = &*self.listening.borrow() {
            listening.ear.answer(bell);
        }
    }

    /// Whether a scrape is under way that this isolate made, or for which its callbacks have begun to run.
    pub fn asked(&self) -> bool {
        let listening = self.listening.borrow();
        // Returns false if the system refuses the call. A reset that is kept back for these scrapes is then made at
        // once, and a scrape of them that has not read yet shows the values after the reset.
        listening.as_ref().is_some_and(|listening| listening.ear.is_asked().unwrap_or(false))
    }

    /// Makes [`Bell::asked`] ignore the scrapes so far.
    pub fn leave(&self) {
        if let Some(listening) = &*self.listening.borrow() {
            listening.ear.leave();
        }
    }

    /// Notes that the scrape with this ring has read.
    pub fn over(&self, ring: u32) {
        self.doorbell.over(ring);
    }

    /// Rings. `done` keeps the isolate alive until it is called. Returns the number of the ring; `None` if `done` will
    /// not be called.
    pub fn ring(&self, env: &Env, milliseconds: f64, done: &Callback<'_>) -> Result<Option<u32>> {
        if self.owner.get() == 0 {
            let owner = OWNERS.fetch_add(1, Ordering::Relaxed);
            let doorbell = Arc::clone(&self.doorbell);
            env.add_env_cleanup_hook(doorbell, move |doorbell| doorbell.forget(owner))
                .map_err(|error| foreign(&error))?;
            self.owner.set(owner);
        }
        let done = || -> Result<Done, Error> {
            let done = done.build_threadsafe_function().build();
            let done = done.map_err(|_| Error::Unsupported("functions for other threads"))?;
            Ok(Box::new(move || {
                done.call((), ThreadsafeFunctionCallMode::NonBlocking);
            }))
        };
        let patience = Duration::from_micros((milliseconds * 1e3).clamp(0.0, 1e13) as u64);
        let listening = self.listening.borrow();
        let ear = listening.as_ref().map(|listening| &*listening.ear);
        let waits = self.doorbell.ring(ear, self.owner.get(), patience, done);
        waits.map_err(|error| failure(&error))
    }
}
