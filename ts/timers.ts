/** Timers that do not keep the process alive, and a clock for delays. */

// Saved when this module is loaded, so that the clock stays right when a test replaces `process.hrtime` later.
// `performance.now()` would load a module of Node.js that most programs do not use.
const { hrtime } = process;

/**
 * A clock that never goes back.
 *
 * @returns milliseconds since some moment in the past
 */
export function now(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/**
 * Makes a timer not keep the process alive.
 *
 * @param timer what `setTimeout()` or `setInterval()` returned. It is a number if a test runner replaced these
 *   functions by those of a browser (Jest's jsdom), whose timers do not keep a process alive anyway
 * @returns the timer
 */
export function unref<T>(timer: T): T {
  (timer as { unref?: () => unknown }).unref?.();
  return timer;
}
