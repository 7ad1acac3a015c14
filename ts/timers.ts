/** Timers that do not keep the process alive. */

/**
 * Makes a timer not keep the process alive.
 *
 * @param timer from the global functions: a number if a test runner replaced them by a browser's (Jest's jsdom), which
 *   do not keep a process alive anyway
 * @returns the timer
 */
export function unref<T>(timer: T): T {
  (timer as { unref?: () => unknown }).unref?.();
  return timer;
}
