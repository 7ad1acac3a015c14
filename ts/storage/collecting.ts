/** Whether code runs inside a `collect` callback, also behind its `await`s. */

import { AsyncLocalStorage } from 'async_hooks';

/** One call of a callback, until it settles. */
interface Call {
  running: boolean;
}

let calls: AsyncLocalStorage<Call> | null = null;
/** Calls that have not settled. */
let running = 0;

/** Runs a callback so that {@link isCollecting} knows. Throws and returns what it does. */
export function collecting(run: () => unknown): unknown {
  calls ??= new AsyncLocalStorage();
  const call: Call = { running: true };
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
  // Before Node 24 every promise of the program pays for a storage that is in use.
  if (--running === 0) calls!.disable();
}
