/** Functions that end in every way that a call can, under a clock that they advance. */
import { vi } from 'vitest';

/** Seconds that each function takes. */
export const SECONDS = 3;

/** Seconds that the replaced clock shows. */
let clock = 0;

/** Replaces the clock, until `vi.restoreAllMocks()`. */
export function replaceClock(): void {
  clock = 0;
  const hrtime = (since?: [number, number]): [number, number] => [clock - (since?.[0] ?? 0), 0];
  vi.spyOn(process, 'hrtime').mockImplementation(hrtime);
}

/** Every way in which a call can end. Each takes {@link SECONDS} of the replaced clock. */
export const ENDINGS: Record<string, { fn: (value: unknown) => unknown; fails: boolean }> = {
  returns: { fn: (value) => (pass(), value), fails: false },
  throws: {
    fn: (value) => {
      pass();
      throw value;
    },
    fails: true,
  },
  'returns a promise that resolves': {
    fn: (value) => Promise.resolve().then(() => (pass(), value)),
    fails: false,
  },
  'returns a promise that rejects': {
    fn: (value) =>
      Promise.resolve().then(() => {
        pass();
        throw value;
      }),
    fails: true,
  },
  'returns a thenable that calls back': {
    fn: (value) => ({
      then: (done: (value: unknown) => void) => {
        pass();
        done(value);
      },
    }),
    fails: false,
  },
  'returns a thenable that fails': {
    fn: (value) => ({
      then: (_done: unknown, fail: (value: unknown) => void) => {
        pass();
        fail(value);
      },
    }),
    fails: true,
  },
};

/** Advances the clock by {@link SECONDS}. */
export function pass(): void {
  clock += SECONDS;
}

/** Calls, and returns what was returned or thrown in the end. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return { thrown: error };
  }
}
