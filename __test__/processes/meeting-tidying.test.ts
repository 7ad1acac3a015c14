/** When the file of an application's segment is removed, and by which process. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { Application } from '../support/application';

let app: Application;

beforeEach(() => {
  app = new Application({
    // `app.js <name> <how it ends>`
    'app.js': `
      const [, , name, end] = process.argv;
      require('./report').arrive(name).then(() => {
        if (end === 'exit') process.exit(0);
        if (end === 'throw') setImmediate(() => { throw new Error('on purpose'); });
        if (end === 'stay') setInterval(() => {}, 1000);
      });`,
    // The primary replaces each worker that dies, until it gets a line on stdin.
    'cluster.js': `
      const cluster = require('node:cluster');
      const { arrive } = require('./report');
      if (cluster.isPrimary) {
        cluster.on('exit', () => cluster.fork());
        cluster.fork();
        process.stdin.once('data', () => {
          cluster.removeAllListeners('exit');
          for (const worker of Object.values(cluster.workers)) worker.kill('SIGTERM');
          process.stdin.destroy();
        });
      } else arrive('worker').then(() => setInterval(() => {}, 1000));`,
  });
});

afterEach(() => {
  app.remove();
});

test.each(['return', 'exit', 'throw'])(
  'a root that ends by %s removes the segment of its application',
  async (end) => {
    const program = app.run('app.js', { args: ['x', end] });
    const [report] = (await program.reports(1)).values();
    expect(report!.path).toMatch(/\.heap$/);
    await program.ended;
    expect(app.segments()).toEqual([]);
  },
);

test('a SIGKILLed application leaves a segment, which the next start removes', async () => {
  const killed = app.run('app.js', { args: ['x', 'stay'] });
  const [left] = (await killed.reports(1)).values();
  killed.child.kill('SIGKILL');
  expect(await killed.ended).toBe('SIGKILL');
  expect(app.segments()).toEqual([left!.path]);
  const next = app.run('app.js', { args: ['y', 'stay'] });
  const [report] = (await next.reports(1)).values();
  expect(report!.seen).toEqual({ y: 1 });
  expect(app.segments()).toEqual([report!.path]);
  expect(report!.path).not.toBe(left!.path);
  next.child.kill('SIGKILL');
  await next.ended;
});

test('a start does not remove the segment of a living application', async () => {
  const one = app.run('app.js', { args: ['x', 'stay'] });
  const [first] = (await one.reports(1)).values();
  const two = app.run('app.js', { args: ['y', 'stay'] });
  const [second] = (await two.reports(1)).values();
  expect(app.segments()).toEqual([first!.path, second!.path].sort());
});

test('a cluster whose only worker is killed finds its counts again', async () => {
  const program = app.run('cluster.js');
  for (let life = 1; life <= 3; life++) {
    const [report] = (await program.reports(1)).values();
    expect(report!.seen).toEqual({ worker: life });
    if (life === 3) break;
    // Another process starts and reaps while the cluster may have no process with a slot.
    process.kill(report!.pid, 'SIGKILL');
    const other = app.run('app.js', { args: ['other', 'exit'] });
    await other.ended;
  }
  program.tell('leave');
  expect(await program.ended).toBe(0);
  // The primary has no metric, so it does not remove the segment at its end. The next start does.
  expect(app.segments()).toHaveLength(1);
  await app.run('app.js', { args: ['next', 'exit'] }).ended;
  expect(app.segments()).toEqual([]);
});

test('a segment that the user named is never removed', async () => {
  const env = { MPMETRICS_SEGMENT: 'kept' };
  for (const n of [1, 2]) {
    const program = app.run('app.js', { env, args: ['x', 'exit'] });
    const [report] = (await program.reports(1)).values();
    expect(report!.seen).toEqual({ x: n });
    await program.ended;
  }
  await app.run('app.js', { args: ['y', 'exit'] }).ended;
  expect(app.segments()).toHaveLength(1);
  expect(app.segments()[0]).toMatch(/\/kept\.heap$/);
});

test('a start does not remove a file in our directory that is no segment, and does not fail', async () => {
  const program = app.run('app.js', { args: ['x', 'stay'] });
  const [report] = (await program.reports(1)).values();
  const strange = report!.path!.replace(/[^/]+$/, 'strange.heap');
  writeFileSync(strange, 'what is this', { mode: 0o600 });
  const next = app.run('app.js', { args: ['y', 'exit'] });
  expect(await next.ended).toBe(0);
  expect(next.errors).toBe('');
  expect(readFileSync(strange, 'utf8')).toBe('what is this');
});
