//! Work on the thread pool, of which JavaScript gets a promise.

use crate::convert::failure;
use crate::text::Text;
use mpmetrics_core::Error;
use napi::bindgen_prelude::{Buffer, JsValue, ToNapiValue, TypeName};
use napi::{Env, Task};
use std::panic::{catch_unwind, AssertUnwindSafe};

type Work<T> = Box<dyn FnOnce() -> Result<T, Error> + Send>;

/// Work that is done once, off the event loop.
pub struct Job<T> {
    work: Option<Work<T>>,
    failed: Option<Error>,
}

/// What a job yields, and what it is in JavaScript.
pub trait Yield: Send + Sized + 'static {
    /// The value in JavaScript.
    type Js: ToNapiValue + TypeName;
    /// Hands the value over.
    fn hand_over(self) -> Self::Js;
}

impl Yield for Vec<u8> {
    type Js = Buffer;

    fn hand_over(self) -> Buffer {
        self.into()
    }
}

impl Yield for Vec<Vec<u8>> {
    type Js = Vec<Buffer>;

    fn hand_over(self) -> Vec<Buffer> {
        self.into_iter().map(Into::into).collect()
    }
}

impl Yield for Text {
    type Js = Self;

    fn hand_over(self) -> Self {
        self
    }
}

impl<T> Job<T> {
    /// Makes a job. An error of the work becomes a JavaScript Error with its `code`; so does a panic, which would end
    /// the process otherwise, because the caller is C code.
    pub fn new(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Self {
        Self { work: Some(Box::new(work)), failed: None }
    }

    fn run(&mut self) -> Result<T, Error> {
        let work = self.work.take();
        let panicked = || Error::Corrupt { what: "bytes that can be read (it panicked)", at: 0 };
        let done = work.map(|work| catch_unwind(AssertUnwindSafe(work)));
        done.and_then(Result::ok).unwrap_or_else(|| Err(panicked()))
    }
}

impl<T: Yield> Task for Job<T> {
    type Output = T;
    type JsValue = T::Js;

    fn compute(&mut self) -> napi::Result<T> {
        self.run().map_err(|error| {
            let message = error.to_string();
            self.failed = Some(error);
            napi::Error::from_reason(message)
        })
    }

    fn resolve(&mut self, _: Env, output: T) -> napi::Result<T::Js> {
        Ok(output.hand_over())
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<T::Js> {
        Err(match &self.failed {
            Some(failed) => with_code(&env, failed, error),
            None => error,
        })
    }
}

/// Returns an error as a JavaScript Error with its `code`; `otherwise` if Node.js makes none.
fn with_code(env: &Env, error: &Error, otherwise: napi::Error) -> napi::Error {
    let failure = failure(error);
    let made = env.create_error(napi::Error::from_reason(failure.reason.clone()));
    let Ok(mut made) = made else {
        return otherwise;
    };
    match made.set("code", failure.status.as_str()) {
        Ok(()) => napi::Error::from(made.to_unknown()),
        Err(_) => otherwise,
    }
}
