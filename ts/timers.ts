/** Timers that do not keep the process alive. */

/**
 * Makes a timer not keep the process alive.
 *
 * @param timer the result of a global function. It is a number if a test runner replaced these functions by a browser's
 *   (Jest's jsdom), whose timers do not keep a process alive anyway
 * @returns the timer
 */
export function unref<T>(timer: T): T {
  (timer as { unref?: () => unknown }).unref?.();
  return timer;
}
