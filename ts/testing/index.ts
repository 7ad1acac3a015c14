/** `mpmetrics/testing`: the specs that any backend must pass. */

import { shown } from '../errors';
import { cellSpecs } from './cells';
import { Fixture, newName, type TestedBackend } from './fixture';
import { life } from './life';
import { values } from './values';

export type { TestedBackend } from './fixture';

/** Functions of a test runner. Those that are left out are the global ones. */
export interface TestFunctions {
  /** Groups tests; `describe` of Vitest, Jest, Mocha or `node:test`. */
  describe?: (title: string, body: () => void) => unknown;
  /** Declares a test; `it` or `test`. */
  it?: (title: string, body: () => Promise<void>) => unknown;
  /** The title of the group. Default: `a backend`. */
  title?: string;
}

/**
 * Declares the specs that any backend must pass. Each gets a backend of its own, whose series it removes and which it
 * closes at the end. Assertions are those of `node:assert`.
 *
 * ```js
 * import { describe, it } from 'node:test';
 * describeBackend(() => new MyBackend({ url }), { describe, it });
 * ```
 *
 * @param make returns a new backend of cells, or a promise of one; `heap` or `memory` for those of this package. It is
 *   called in each test. A class with `initialize` is initialized by `make`. The backends may share a store, because no
 *   name of a metric is used twice
 * @param functions of the test runner
 * @throws TypeError if `make` is no function, or the runner has no `describe` and `it`
 */
export function describeBackend(
  make: () => TestedBackend | Promise<TestedBackend>,
  functions: TestFunctions = {},
): void {
  if (typeof make !== 'function') {
    throw new TypeError(`describeBackend() needs a function, and was given ${shown(make)}`);
  }
  const { describe, it } = { ...globals(), ...given(functions) };
  if (typeof describe !== 'function' || typeof it !== 'function') {
    throw new TypeError(
      'describeBackend() found no global describe and it: pass those of the test runner, { describe, it }',
    );
  }
  describe(functions.title ?? 'a backend', () => {
    for (const { title, run } of [...values, ...life]) {
      it(title, async () => {
        const fixture = new Fixture(await make());
        try {
          await run(fixture);
        } finally {
          await fixture.end();
        }
      });
    }
    for (const { title, run } of cellSpecs) {
      it(title, async () => {
        const backend = await make();
        if (typeof backend === 'string') return;
        try {
          await run(backend, newName());
        } finally {
          await backend.close?.();
        }
      });
    }
  });
}

function globals(): TestFunctions {
  const { describe, it } = globalThis as TestFunctions;
  return { ...(describe && { describe }), ...(it && { it }) };
}

function given({ describe, it }: TestFunctions): TestFunctions {
  return { ...(describe && { describe }), ...(it && { it }) };
}
