/**
 * What the specs in `scripts/guest-specs.mjs` use of Vitest, for systems on which Vitest itself does not run. The
 * bundle of the specs has this file in place of `vitest`. `expect` is Vitest's own.
 *
 * The program prints one line of JSON at its end: how many tests passed, and the titles of those that failed.
 */
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from '@vitest/expect';

type Body = (...row: never[]) => unknown;

const titles: string[] = [];
const tests: { title: string; run: () => unknown }[] = [];

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = (value: unknown): Chai.Assertion => chai.expect(value);
setState({ assertionCalls: 0 }, expect as never);

function row(one: unknown): unknown[] {
  return Array.isArray(one) ? (one as unknown[]) : [one];
}

/** Declares tests inside another title. */
export function describe(title: string, body: () => void): void {
  titles.push(title);
  body();
  titles.pop();
}

describe.each =
  (rows: readonly unknown[]) =>
  (title: string, body: Body): void => {
    rows.forEach((one, n) => {
      describe(`${title} #${n}`, () => {
        body(...(row(one) as never[]));
      });
    });
  };

/** Declares a test. */
export function test(title: string, run: () => unknown): void {
  tests.push({ title: [...titles, title].join(' > '), run });
}

test.each =
  (rows: readonly unknown[]) =>
  (title: string, body: Body): void => {
    rows.forEach((one, n) => {
      test(`${title} #${n}`, () => body(...(row(one) as never[])));
    });
  };

const real = { Date, hrtime: process.hrtime };
/** The time of the fake clocks, in milliseconds. */
let time = 0;

function fakeHrtime(since: readonly [number, number] = [0, 0]): [number, number] {
  const ns = (time % 1000) * 1e6 - since[1];
  const seconds = Math.floor(time / 1000) - since[0];
  return ns < 0 ? [seconds - 1, ns + 1e9] : [seconds, ns];
}

/** Fake clocks: `Date` and `process.hrtime`. */
export const vi = {
  useFakeTimers({ toFake, now = real.Date.now() }: { toFake: string[]; now?: number }): void {
    if (toFake.join() !== 'hrtime,Date') throw new Error(`these are not faked: ${toFake.join()}`);
    time = now;
    globalThis.Date = class extends real.Date {
      constructor(...args: []) {
        super(...((args.length === 0 ? [time] : args) as []));
      }
      static override now(): number {
        return time;
      }
    } as DateConstructor;
    const bigint = (): bigint => BigInt(time) * 1_000_000n;
    process.hrtime = Object.assign(fakeHrtime, { bigint });
  },
  advanceTimersByTime(ms: number): void {
    time += ms;
  },
  useRealTimers(): void {
    globalThis.Date = real.Date;
    process.hrtime = real.hrtime;
  },
};

async function runAll(): Promise<void> {
  const failed: string[] = [];
  for (const { title, run } of tests) {
    try {
      await run();
    } catch (error) {
      failed.push(title);
      process.stderr.write(`${title}: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
  process.stdout.write(`${JSON.stringify({ passed: tests.length - failed.length, failed })}\n`);
}

// The specs have declared their tests when this is called.
setImmediate(() => void runAll());
