/** Timers that keep no process alive. */

/**
 * Lets a timer keep no process alive.
 *
 * @param timer of the global functions: a number where a test runner has put a browser's in their place (Jest's jsdom),
 *   which keeps none alive anyway
 * @returns the timer
 */
export function unref<T>(timer: T): T {
  (timer as { unref?: () => unknown }).unref?.();
  return timer;
}
