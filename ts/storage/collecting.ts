/** Whether code runs inside a `collect` callback, also behind its `await`s. */

import { AsyncLocalStorage } from 'async_hooks';

/** Runs a metric's callback; may throw, and what it returns may reject. */
export type Collect = () => Promise<void> | undefined;

/** Whose callbacks they are. */
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

/** Runs a callback so that {@link isCollecting} knows. Throws and returns what it does. */
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
        settle(call);
      };
      result.then(over, over);
    } else settle(call);
  }
  return result;
}

/** True inside a callback: a scrape made there neither asks other processes nor waits for them. */
export function isCollecting(): boolean {
  return running > 0 && calls?.getStore()?.running === true;
}

function settle(call: Call): void {
  // What the callback left behind, a timer or a connection, is not inside it any more.
  call.running = false;
  call.of.running--;
  // Before Node 24 every promise of the program pays for a storage that is in use.
  if (--running === 0) calls!.disable();
}
