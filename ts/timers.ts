/** Timers that do not keep the process alive. */

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
