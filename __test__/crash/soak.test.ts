/**
 * Series that come and go, in workers that are killed and replaced, under scrapes: the heap and the processes need no
 * more memory in the second half of the time than in the first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';

/** `npm run torture` has half an hour. */
const SECONDS = Number(process.env['MPMETRICS_TEST_SOAK_SECONDS'] ?? 24);
/** Label sets a second, of all workers. */
const SETS = 250;
/** Seconds until an idle one expires: short of what the halves are compared by. */
const TTL = Math.min(5, SECONDS / 24);
/** Seconds between two kills. */
const KILLS = Math.min(4, SECONDS / 12);
/** Lines that the primary prints. */
const PARTS = 240;
/** Metrics with sets that come and go, and label sets that stay in each. */
const METRICS = 3;
const ROUTES = 40;
/** Lifetimes after which a set is gone at the latest: its own, and twice a check's period and duration. */
const LIVES = 1 + 2 * (0.25 + 2);
const MiB = 1 << 20;

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** The most of each figure in one span of the time: see `soak/primary.cjs`. */
interface Span {
  /** Of the heap. */
  bytes: number;
  series: number;
  /** Kilobytes in memory: of the primary, and of the worker that is not killed. */
  primary: number;
  worker: number;
}

test(
  `${String(SECONDS)} s of series that come and go, with kills, take what they take from the beginning on`,
  { timeout: LIMIT + SECONDS * 1000 },
  async () => {
    const file = (name: string) => readFileSync(join(__dirname, 'soak', name), 'utf8');
    const names = ['primary.cjs', 'worker.cjs'];
    const app = new Application(Object.fromEntries(names.map((name) => [name, file(name)])));
    made.push(app);
    const program = app.run('primary.cjs', { args: [SECONDS, SETS, TTL, KILLS].map(String) });
    const parts: Span[] = [];
    while (parts.length < PARTS) parts.push(JSON.parse(await program.line()) as Span);
    expect(program.errors).toBe('');
    /** A figure in a third of the time, ascending. */
    const third = (figure: keyof Span, n: number): number[] => {
      const shown = parts.slice((n * PARTS) / 3, ((n + 1) * PARTS) / 3);
      return shown.map((part) => part[figure] ?? 0).sort((a, b) => a - b);
    };
    const most = (figure: keyof Span, n: number): number => third(figure, n).at(-1)!;
    const usual = (figure: keyof Span, n: number): number => third(figure, n)[PARTS / 6]!;
    const figures = ['bytes', 'series', 'primary', 'worker'] as const;
    const told = figures.map((one) => [
      one,
      ...[0, 1, 2].map((n) => [usual(one, n), most(one, n)]),
    ]);
    process.stderr.write(`soak, median and most of each third: ${JSON.stringify(told)}\n`);
    expect(most('series', 2)).toBeGreaterThan(METRICS * ROUTES);
    expect(most('series', 2)).toBeLessThanOrEqual(METRICS * (ROUTES + LIVES * TTL * SETS));
    // Beside other work more is there at once now and then; what is there at once may take its room.
    const peak = Math.max(1, most('series', 2) / most('series', 1));
    // In seconds hardly anything is to be seen: slabs are being filled, and V8 takes what it takes before it collects.
    const [growth, slack] = SECONDS < 300 ? [2, 96 * MiB] : [1.15, 16 * MiB];
    expect(most('bytes', 2)).toBeLessThanOrEqual(growth * peak * most('bytes', 1));
    for (const figure of ['primary', 'worker'] as const) {
      const [before, after] = [1, 2].map((n) => usual(figure, n) * 1024);
      expect(after! - before!, figure).toBeLessThanOrEqual(slack);
    }
  },
);
