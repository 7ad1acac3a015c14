/** Eight processes that start at the same moment make one segment. */
import { afterEach, expect, test } from 'vitest';

import { Application, type Report } from '../support/application';

const EIGHT = Array.from({ length: 8 }, (_, i) => `p${i}`);

let app: Application;

afterEach(() => {
  app.remove();
});

/** Numbers of rounds. Runs with other update paths set lower numbers, because making a segment needs no update path. */
const STARTS = Number(process.env['MPMETRICS_TEST_STARTS'] ?? 20);
const SEGMENTS = Number(process.env['MPMETRICS_TEST_SEGMENTS'] ?? 500);

test(`eight processes make one segment, in ${STARTS} starts of a root that never loads the package`, async () => {
  app = new Application({
    'leaf.js': `
      const [, , who, at, ...names] = process.argv;
      const { arrive } = require('./report');
      // Sleeps until shortly before, because eight processes that wait without a pause would keep each other waiting.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, at - 10 - Date.now()));
      while (Date.now() < Number(at));
      arrive(who, names).then(() => process.disconnect());`,
    'app.js': `
      const { fork } = require('node:child_process');
      const names = ${JSON.stringify(EIGHT)};
      // By then all processes have loaded the package, and they make their first metric in the same millisecond.
      const at = Date.now() + 1000;
      for (const name of names) fork('leaf.js', [name, at, ...names]);`,
  });
  const all = Object.fromEntries(EIGHT.map((name) => [name, 1]));
  let before: string | null = null;
  for (let round = 0; round < STARTS; round++) {
    const program = app.run('app.js');
    const reports = [...(await program.reports(8)).values()];
    const [{ path }] = reports as [Report];
    expect(path).not.toBe(before);
    before = path;
    const told = { errors: program.errors, reports, segments: app.segments() };
    const alike = reports.map(({ who, pid, waited }) => ({ who, pid, path, seen: all, waited }));
    // The root of the previous round is dead, so its segment was reaped, and only this segment is left.
    expect(told).toEqual({ errors: '', reports: alike, segments: [path] });
    expect(await program.ended).toBe(0);
    expect(program.errors).toBe('');
  }
});

test(`${SEGMENTS} segments, each made by eight processes at once`, async () => {
  app = new Application({
    'maker.js': `
      const { loadBinding } = require(process.env.DIST + '/binding');
      const { statSync, unlinkSync } = require('node:fs');
      const binding = loadBinding();
      const root = binding.identity(process.pid);
      const directories = [process.env.MPMETRICS_DIR];
      require('node:readline').createInterface(process.stdin).on('line', (name) => {
        const heap = binding.openHeap({ name, directories, create: true, root });
        const { slot } = heap.writer(0);
        console.log(statSync(heap.path).ino + ' ' + slot + ' ' + heap.path);
      });`,
  });
  const dist = new URL('../../dist', import.meta.url).pathname;
  const makers = EIGHT.map(() => app.run('maker.js', { env: { DIST: dist } }));
  for (let round = 0; round < SEGMENTS; round++) {
    for (const maker of makers) maker.tell(`round-${round}`);
    const answers = await Promise.all(makers.map((maker) => maker.line()));
    const parts = answers.map((answer) => answer.split(' '));
    expect(new Set(parts.map(([inode]) => inode)).size, `files of round ${round}`).toBe(1);
    expect(new Set(parts.map(([, slot]) => slot)).size, `slots of round ${round}`).toBe(8);
  }
  expect(app.segments()).toHaveLength(SEGMENTS);
  for (const maker of makers) maker.child.stdin!.end();
  for (const maker of makers) {
    expect(await maker.ended).toBe(0);
    expect(maker.errors).toBe('');
  }
});
