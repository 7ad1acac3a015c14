/**
 * Workers make series that expire, and are killed and replaced, under scrapes. The heap and the processes need no more
 * memory in the last third of the time than in the second.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';

/** The duration in seconds; half an hour in `npm run torture`. */
const SECONDS = Number(process.env['MPMETRICS_TEST_SOAK_SECONDS'] ?? 24);
/** Label sets that all workers together make in a second. */
const SETS = 250;
/** Seconds until an idle label set expires: much less than a third of the time. */
const TTL = Math.min(5, SECONDS / 24);
/** Seconds between two kills. */
const KILLS = Math.min(4, SECONDS / 12);
/** The number of lines that the primary prints, each of one span of the time. */
const PARTS = 240;
/** The number of metrics with label sets that expire, and of metrics with label sets that stay. */
const METRICS = 3;
/** The number of label sets that stay, in each of these metrics. */
const ROUTES = 40;
/**
 * The longest time from the last update of a label set to the start of the check in which its worker removes it, as a
 * multiple of TTL. Until a check notices the update, one interval between the starts of two checks may pass. Then TTL
 * (1) passes. Until the next check starts, another interval may pass. An interval is at most the pause between two
 * checks (0.25) plus the longest duration of a check (2). The sum ignores that label sets of a killed worker stay 0.5
 * longer.
 */
const LONGEST_LIFE = 1 + 2 * (0.25 + 2);
const MiB = 1 << 20;

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** The maximum of each figure in one span of the time, as `soak/primary.cjs` prints it. */
interface Span {
  /** Used bytes of the heap, and its series. */
  bytes: number;
  series: number;
  /** Resident kilobytes of the primary, and of the worker that is not killed. */
  primary: number;
  worker: number;
}

test(
  `${String(SECONDS)} s of expiring series and kills: memory does not grow in the last third`,
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
    /** Returns the values of a figure in a third of the time, in ascending order. */
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
    expect(most('series', 2)).toBeLessThanOrEqual(METRICS * (ROUTES + LONGEST_LIFE * TTL * SETS));
    // On a busy machine more series may exist at once now and then; then the heap may grow in proportion.
    const peak = Math.max(1, most('series', 2) / most('series', 1));
    // Short runs have wide limits: slabs are still being filled, and V8's heap grows until its first full collection.
    const [growth, slack] = SECONDS < 300 ? [2, 96 * MiB] : [1.15, 16 * MiB];
    expect(most('bytes', 2)).toBeLessThanOrEqual(growth * peak * most('bytes', 1));
    for (const figure of ['primary', 'worker'] as const) {
      const [before, after] = [1, 2].map((n) => usual(figure, n) * 1024);
      expect(after! - before!, figure).toBeLessThanOrEqual(slack);
    }
  },
);
