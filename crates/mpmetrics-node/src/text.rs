//! Passes the text of a scrape to JavaScript.

use napi::bindgen_prelude::{ToNapiValue, TypeName};
use napi::sys::{napi_env, napi_status, napi_value};
use napi::ValueType;
use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

/// The length from which on a string is handed over without a copy. A shorter string is copied, in half a millisecond
/// at most, into V8's young generation, which is collected far more often than memory outside of V8's heap:
/// 3,000 texts of 110 KB leave a process at 77 MB instead of 136.
const HANDED_OVER: usize = 1 << 19;

/// `node_api_create_external_string_latin1`: in Node.js since 20.4, in the stable interface since 22.14.
type CreateExternal = unsafe extern "C" fn(
    env: napi_env,
    text: *mut c_char,
    len: usize,
    finalize: unsafe extern "C" fn(napi_env, *mut c_void, *mut c_void),
    hint: *mut c_void,
    result: *mut napi_value,
    copied: *mut bool,
) -> napi_status;

/// Returns the runtime's function, if the runtime has it.
fn create_external() -> Option<CreateExternal> {
    static FOUND: OnceLock<Option<CreateExternal>> = OnceLock::new();
    *FOUND.get_or_init(find_external)
}

#[cfg(unix)]
fn find_external() -> Option<CreateExternal> {
    let program = libloading::os::unix::Library::this();
    // SAFETY: a symbol of this name that the runtime exports is the function of Node-API, which has this type.
    let found =
        unsafe { program.get::<CreateExternal>(b"node_api_create_external_string_latin1\0") };
    found.ok().map(|function| *function)
}

#[cfg(not(unix))]
fn find_external() -> Option<CreateExternal> {
    None
}

/// A text that was made on another thread.
pub struct Text {
    bytes: Vec<u8>,
    ascii: bool,
}

impl Text {
    /// Takes UTF-8 bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        let ascii = bytes.is_ascii();
        Self { bytes, ascii }
    }

    /// Hands the text over as a string without a copy: allocating and filling a string of 5 MB in V8's heap takes the
    /// event loop 10 ms. Returns `None` if the text is short or not ASCII, or the runtime has no such strings.
    fn hand_over(&mut self, env: napi_env) -> napi::Result<Option<napi_value>> {
        if !self.ascii || self.bytes.len() < HANDED_OVER {
            return Ok(None);
        }
        let Some(create) = create_external() else {
            return Ok(None);
        };
        let bytes = Box::leak(std::mem::take(&mut self.bytes).into_boxed_slice());
        let (start, len) = (bytes.as_mut_ptr(), bytes.len());
        // Added before `free` can subtract it, so that V8's total is never negative.
        account(env, len as i64);
        let (mut value, mut copied) = (std::ptr::null_mut(), false);
        // SAFETY: the bytes live until `free`, which is called once: when the string is collected, at the
        // environment's end, or now if the runtime copied them.
        let status = unsafe {
            create(env, start.cast(), len, free, len as *mut c_void, &mut value, &mut copied)
        };
        // If the call fails, the runtime may still free the bytes at the environment's end, so they stay leaked.
        napi::check_status!(status, "a scrape of {len} bytes is no string")?;
        Ok(Some(value))
    }
}

/// Reports to V8 the memory that its strings keep. Without this, V8 would see no reason to collect the strings in a
/// process that does nothing but answer scrapes.
fn account(env: napi_env, bytes: i64) {
    let mut total = 0;
    // SAFETY: the environment is that of the call, or null if it has ended; with null the call fails. A negative number
    // only changes a counter, so that this may be called while garbage is collected. If the call fails, garbage is
    // collected later.
    unsafe { napi::sys::napi_adjust_external_memory(env, bytes, &mut total) };
}

/// Frees the bytes that [`Text::hand_over`] leaked.
unsafe extern "C" fn free(env: napi_env, start: *mut c_void, len: *mut c_void) {
    let bytes = std::ptr::slice_from_raw_parts_mut(start.cast::<u8>(), len as usize);
    // SAFETY: start and length are those of a leaked slice; the runtime calls this once.
    drop(unsafe { Box::from_raw(bytes) });
    account(env, -(len as i64));
}

impl TypeName for Text {
    fn type_name() -> &'static str {
        "String"
    }

    fn value_type() -> ValueType {
        ValueType::String
    }
}

impl ToNapiValue for Text {
    unsafe fn to_napi_value(env: napi_env, mut text: Self) -> napi::Result<napi_value> {
        if let Some(value) = text.hand_over(env)? {
            return Ok(value);
        }
        let mut value = std::ptr::null_mut();
        let (start, len) = (text.bytes.as_ptr().cast(), text.bytes.len() as isize);
        // ASCII is copied as it is. Other text is decoded, which takes a few times as long.
        // SAFETY: pointer and length are those of a vector that lives until the call is over.
        let status = unsafe {
            if text.ascii {
                napi::sys::napi_create_string_latin1(env, start, len, &mut value)
            } else {
                napi::sys::napi_create_string_utf8(env, start, len, &mut value)
            }
        };
        napi::check_status!(status, "a scrape of {} bytes is no string", text.bytes.len())?;
        Ok(value)
    }
}
