/** Several processes count random paths: no request is missing from the totals, and the heap stops growing. */
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

/** Requests of all processes together. */
const REQUESTS = Number(process.env['MPMETRICS_TEST_REQUESTS'] ?? 200_000);
const PROCESSES = 4;

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

interface Figures {
  usedBytes: number;
  series: number;
  dropped: number[];
}

/** Returns the sum of all samples of a name. */
function sum(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((all, line) => all + Number(line.split(' ').at(-1)), 0);
}

test(`${REQUESTS} random paths over ${PROCESSES} processes, one of them killed`, async () => {
  const app = new Application({ 'count.js': source('crash/overflow/count.cjs') });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'overflow.heap') };
  const each = Math.ceil(REQUESTS / PROCESSES);
  const programs = Array.from({ length: PROCESSES }, (_, i) =>
    app.run('count.js', { env, args: [String(i), String(each)] }),
  );
  for (const program of programs) expect(await program.line()).toBe('"ready"');
  for (const program of programs) program.tell('half');
  const halves: Figures[] = [];
  for (const program of programs) halves.push(JSON.parse(await program.line(120_000)) as Figures);
  for (const program of programs) program.tell('half');
  for (const program of programs) await program.line(120_000);
  // The counts of a killed process stay.
  programs[0]!.child.kill('SIGKILL');
  await programs[0]!.ended;
  programs[1]!.tell('scrape');
  const { text, figures } = JSON.parse(await programs[1]!.line()) as {
    text: string;
    figures: Figures;
  };
  const requests = each * PROCESSES;
  expect(sum(text, 'requests_total')).toBe(requests);
  expect(sum(text, 'seconds_count')).toBe(requests);
  expect(sum(text, 'sizes_count')).toBe(requests);
  expect(sum(text, 'paths_total')).toBe(requests);
  expect(text.match(/^requests_total\{/gm)).toHaveLength(100);
  expect(text.match(/^seconds_count\{/gm)).toHaveLength(20);
  // The limit is 50 label values. Processes that see new values at the same time, or while the lock is taken, may each
  // admit up to 50 of them.
  const paths = text.match(/^paths_total\{/gm)!.length;
  expect(paths).toBeGreaterThanOrEqual(50);
  expect(paths).toBeLessThanOrEqual(50 * PROCESSES + 1);
  expect(text).toContain('requests_total{path="other"} ');
  expect(figures.dropped).toEqual([0, 0, 0, 0, 0, 0, 0]);
  const atHalf = Math.max(...halves.map(({ usedBytes }) => usedBytes));
  expect(figures.usedBytes).toBe(atHalf);
  expect(figures.series).toBe(100 + 20 + 20 + paths);
  for (const program of programs.slice(1)) {
    program.tell('leave');
    expect(await program.ended).toBe(0);
    expect(program.errors.match(/requests_total has as many series/g)).toHaveLength(1);
    expect(program.errors).not.toContain('paths_total');
  }
});
