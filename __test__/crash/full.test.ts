/** A full file system: existing series count on, updates of new series are dropped and counted, and no process dies. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
const mounted: string[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
  for (const folder of mounted.splice(0)) {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  }
});

function tmpfs(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  mounted.push(folder);
  return folder;
}

interface Filled {
  text: string;
  dropped: number[];
  series: number;
  usedBytes: number;
  reservedBytes: number;
}

const mounting = test.skipIf(lacks('CAP_SYS_ADMIN') || lacks('util-linux'));

mounting('a tmpfs of 1 MiB', async () => {
  const folder = tmpfs('1m');
  const app = new Application({ 'fill.js': source('crash/full/fill.cjs') });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(folder, 'full.heap') };
  const one = app.run('fill.js', { env, args: ['a'] });
  const first = JSON.parse(await one.line()) as Filled;
  const two = app.run('fill.js', { env, args: ['b'] });
  const second = JSON.parse(await two.line()) as Filled;
  expect(first.reservedBytes).toBeLessThanOrEqual(1 << 20);
  // Most of the room is used. The rest may be too small for the next chunk of a table, because each chunk is twice as
  // long as the one before.
  expect(first.reservedBytes).toBeGreaterThan((1 << 20) * 0.75);
  const shown = first.text.match(/^c\{n="a\d+"\} 1$/gm)!.length;
  expect(shown).toBeGreaterThan(2_000);
  expect(first.text).toContain('c{n="first"} 30001\n');
  expect(first.text).toContain('h_count 30000\n');
  // The number of dropped updates is exact. Each of the 30,000 label sets is shown or dropped. A family `late_…` that
  // is refused counts as two dropped updates: one when it is made, because a scrape would show it at zero from then on,
  // and one when it is updated.
  const late = first.text.match(/^late_a\d+ 1$/gm)?.length ?? 0;
  expect(first.dropped).toEqual([30_000 - shown + 2 * (20 - late), 0, 0, 0, 0, 0, 0]);
  // The heap counts the dropped updates of both programs. Some series of the second program may still fit.
  expect(second.dropped[0]).toBeGreaterThan(first.dropped[0]!);
  for (const program of [one, two]) {
    program.tell('leave');
    expect(await program.ended).toBe(0);
    expect(program.errors.match(/MPMETRICS/g)).toHaveLength(1);
    expect(program.errors).toContain(folder);
  }
});

mounting('a file system without room for a segment: memory storage, one warning', async () => {
  const folder = tmpfs('16k');
  const app = new Application({
    'app.js': source('crash/full/app.cjs'),
  });
  made.push(app);
  const program = app.run('app.js', { env: { MPMETRICS_SEGMENT: join(folder, 'full.heap') } });
  expect(JSON.parse(await program.line())).toBe('# HELP c c\n# TYPE c counter\nc 1\n');
  expect(await program.ended).toBe(0);
  expect(program.errors.match(/MPMETRICS/g)).toHaveLength(1);
  expect(program.errors).toContain(join(folder, 'full.heap'));
});
