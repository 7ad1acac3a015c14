/** Processes with different update paths count into one segment, and all read the same numbers. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const EACH = 200_000;

test('direct, ordered and native writers in one segment add up, and adopt slots of each other', async () => {
  const app = new Application({ 'count.js': source('processes/paths/count.cjs') });
  made.push(app);
  const start = (cells: string) =>
    app.run('count.js', {
      args: [String(EACH)],
      env: { MPMETRICS_SEGMENT: `${app.segmentsIn}/paths.heap`, MPMETRICS_CELLS: cells },
    });
  const ways = ['direct', 'ordered', 'native'];
  // MPMETRICS_NATIVE names the variant for targets without 64-bit atomics, in which all updates are native.
  const paths = process.env['MPMETRICS_NATIVE'] === undefined ? ['0', '1', '2'] : ['2', '2', '2'];
  let programs = ways.map(start);
  for (let round = 1; round <= 2; round++) {
    // Each process prints the number of the update path that it uses: see `Stores` in `ts/native/`.
    for (const [n, program] of programs.entries()) expect(await program.line()).toBe(paths[n]);
    for (const program of programs) {
      program.tell('show');
      const values = samples(JSON.parse(await program.line()) as string);
      for (const who of ways) expect(values.get(`c_total{who="${who}"}`)).toBe(3 * EACH * round);
      const all = 3 * EACH * round;
      expect(values.get('h_bucket{le="1"}')).toBe(all / 2);
      expect(values.get('h_bucket{le="+Inf"}')).toBe(all);
      expect(values.get('h_sum')).toBe(1.5 * all);
      expect([values.get('s_count'), values.get('s_sum')]).toEqual([all, 749 * all]);
      const quantiles = [0, 0.1, 0.4, 0.6, 0.8, 1].map((q) => values.get(`s{quantile="${q}"}`)!);
      [-5, -5, 0, 1, 3000, 3000].forEach((value, i) => {
        expect(Math.abs(quantiles[i]! - value)).toBeLessThanOrEqual(0.0109 * Math.abs(value));
      });
      expect(values.get('done')).toBe(3);
    }
    for (const { child, ended } of programs) {
      child.kill('SIGKILL');
      await ended;
    }
    // The slots are free now. A new process may adopt a slot whose writer used another update path.
    if (round < 2) programs = ways.toReversed().map(start).toReversed();
  }
});
