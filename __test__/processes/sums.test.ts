/** No update of several processes and worker threads is lost or counted twice, whichever process scrapes. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Rounds of updates in each process and thread; `npm run torture` has ten times as many. */
const EACH = Number(process.env['MPMETRICS_TEST_EACH'] ?? 1_000_000);

/** Milliseconds that the updates may take on a slow machine. */
const PATIENCE = 30_000 * Math.max(1, EACH / 1_000_000);

test(
  `each process shows the exact sums of 4 processes and 2 worker threads with ${EACH} rounds of updates each`,
  { timeout: LIMIT + 2 * PATIENCE },
  async () => {
    const app = new Application({
      'count.js': source('processes/sums/count.js'),
      'thread.js': source('processes/sums/thread.cjs'),
      'app.js': source('processes/sums/app.cjs'),
    });
    made.push(app);
    const program = app.run('app.js', { args: [String(EACH)] });
    const seen = new Map<string, string>();
    for (let i = 0; i < 5; i++) {
      const { who, text } = JSON.parse(await program.line(PATIENCE)) as {
        who: string;
        text: string;
      };
      seen.set(who, text);
    }
    expect([...seen.keys()].sort()).toEqual([
      'primary',
      'worker1',
      'worker2',
      'worker3',
      'worker4',
    ]);
    for (const text of seen.values()) {
      const values = samples(text);
      expect(values.get('plain_total')).toBe(6 * EACH);
      for (const who of ['worker1', 'worker2', 'worker3', 'worker4', 'thread1', 'thread2']) {
        expect(values.get(`labelled_total{who="${who}",odd="0"}`)).toBe(EACH / 2);
        expect(values.get(`labelled_total{who="${who}",odd="1"}`)).toBe(EACH / 2);
        expect(values.get(`labelled_total{who="${who}",odd="never"}`)).toBe(2 * EACH);
      }
      const quarter = (6 * EACH) / 4;
      expect(values.get('work_bucket{le="1",odd="0"}')).toBe(quarter);
      expect(values.get('work_bucket{le="2",odd="0"}')).toBe(2 * quarter);
      expect(values.get('work_sum{odd="0"}')).toBe(2 * quarter);
      expect(values.get('work_count{odd="0"}')).toBe(2 * quarter);
      expect(values.get('work_bucket{le="1",odd="1"}')).toBe(quarter);
      expect(values.get('work_bucket{le="3",odd="1"}')).toBe(2 * quarter);
      expect(values.get('work_sum{odd="1"}')).toBe(4 * quarter);
      expect(values.get('size{quantile="0.5"}')).toBe(3);
      expect(values.get('size{quantile="0.999"}')).toBe(3);
      // Exactly half of all observations lie below zero.
      expect(Math.abs(values.get('halves{quantile="0.49"}')! + 2)).toBeLessThan(0.0109 * 2);
      expect(Math.abs(values.get('halves{quantile="0.51"}')! - 7)).toBeLessThan(0.0109 * 7);
      expect(values.get('halves_sum')).toBe(15 * EACH);
      expect(values.get('halves_count')).toBe(6 * EACH);
      expect(values.get('size_sum')).toBe(18 * EACH);
      expect(values.get('size_count')).toBe(6 * EACH);
    }
  },
);
