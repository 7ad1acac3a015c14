/** Finds out whether code runs inside of a `collect` callback, even after an `await` in it. */

import { AsyncLocalStorage } from 'async_hooks';

/** Runs a metric's callback; may throw, and the promise that it returns may reject. */
export type Collect = () => Promise<void> | undefined;

/** A metric that has a callback. */
export interface Collector {
  /** Calls that have not settled. */
  running: number;
}

/** One call of a callback, until it settles. */
interface Call {
  readonly of: Collector;
  running: boolean;
}

let calls: AsyncLocalStorage<Call> | null = null;
/** Calls that have not settled. */
let running = 0;

/** Runs a callback so that {@link isCollecting} is true in it. Throws and returns what the callback does. */
export function collecting(of: Collector, run: () => unknown): unknown {
  calls ??= new AsyncLocalStorage();
  const call: Call = { of, running: true };
  of.running++;
  running++;
  let result: unknown;
  try {
    result = calls.run(call, run);
  } finally {
    if (result instanceof Promise) {
      const over = (): void => {
        end(call);
      };
      result.then(over, over);
    } else end(call);
  }
  return result;
}

/** True inside a callback: a scrape made there neither asks other processes nor waits for them. */
export function isCollecting(): boolean {
  return running > 0 && calls?.getStore()?.running === true;
}

function end(call: Call): void {
  // From here on, timers and connections that the callback started do not run inside of it any more.
  call.running = false;
  call.of.running--;
  // Before Node 24, an AsyncLocalStorage in use makes every promise of the program slower.
  if (--running === 0) calls!.disable();
}
