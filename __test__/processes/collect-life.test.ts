/** The thread that watches for rings runs only in processes with callbacks, and keeps no process or thread alive. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

test('a process with callbacks has a watcher thread, and others have none', async () => {
  const [plain, watched] = obedient(2, made);
  await ask(plain!, "new mpmetrics.Counter({ name: 'c', help: 'c' }).inc()");
  await scraped(plain!);
  expect(await ask(plain!, 'return threads()')).toEqual([]);
  await ask(watched!, "calls('calls', 'a'); calls('more', 'a')");
  // The watcher thread sets its own name when it first runs, which may be a moment after its start.
  await ask(watched!, 'for (let i = 0; i < 100 && threads().length === 0; i++) await sleep(20)');
  expect(await ask(watched!, 'return threads()')).toEqual(['mpmetrics-bell']);
  for (let i = 1; i <= 5; i++) expect((await scraped(plain!)).seen.get('more{who="a"}')).toBe(i);
  await ask(plain!, 'await sleep(100)');
  expect(await ask(plain!, 'return threads()')).toEqual([]);
  expect(await ask(watched!, 'return threads()')).toEqual(['mpmetrics-bell']);
});

test('a process with memory storage has no watcher thread', async () => {
  const [memory] = obedient(1, made);
  await ask(memory!, "mpmetrics.configure({ storage: 'memory' }); calls('calls', 'a')");
  expect((await scraped(memory!)).seen.get('calls{who="a"}')).toBe(1);
  expect(await ask(memory!, 'return threads()')).toEqual([]);
});

test('callbacks keep no process and no thread alive; a scrape that is under way does', async () => {
  const app = new Application({
    'callback.js': `
      const { Gauge } = require('mpmetrics');
      new Gauge({ name: 'g', help: 'g', collect() { this.set(1); } });`,
    'thread.js': `
      const { Worker } = require('node:worker_threads');
      require('./callback');
      new Worker('./callback.js').on('exit', (code) => console.log(code));`,
    'never.js': `
      const { Gauge } = require('mpmetrics');
      new Gauge({ name: 'n', help: 'n', collect: () => new Promise(() => {}) });
      process.stdin.once('data', () => process.exit());
      console.log('ready');`,
    'scrape.js': `
      require('mpmetrics').register.metrics().then((text) => console.log(JSON.stringify(text)));`,
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/life.heap` };
  expect(await app.run('callback.js', { env }).ended).toBe(0);
  const thread = app.run('thread.js', { env });
  expect(await thread.line()).toBe('0');
  expect(await thread.ended).toBe(0);
  const never = app.run('never.js', { env });
  await never.line();
  const scrape = app.run('scrape.js', { env });
  expect(JSON.parse(await scrape.line())).toContain('\nn 0\n');
  expect(await scrape.ended).toBe(0);
  never.tell('');
  expect(await never.ended).toBe(0);
});

test('100 threads of two programs terminated at random moments: no crash, no hang', async () => {
  const app = new Application({
    'app.js': source('processes/collect-life/terminate.cjs'),
    'callbacks.cjs': source('support/callbacks.cjs'),
  });
  made.push(app);
  for (const who of ['threads', 'both']) {
    const program = app.run('app.js', { args: [who] });
    expect(await program.line(60_000)).toBe('true');
    expect(await program.ended, program.errors).toBe(0);
  }
});

test('52 processes that scrape, and end at random moments: no crash, no hang', async () => {
  const app = new Application({
    'leave.js': source('processes/collect-life/leave.cjs'),
    'callbacks.cjs': source('support/callbacks.cjs'),
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/leave.heap` };
  const codes = { exit: 3, timer: 3, throw: 1, end: 0 };
  const ways = Object.keys(codes) as (keyof typeof codes)[];
  for (let i = 0; i < 13; i++) {
    const all = ways.map((way) => ({ way, program: app.run('leave.js', { env, args: [way] }) }));
    for (const { way, program } of all) {
      expect(await program.ended, `${way}: ${program.errors}`).toBe(codes[way]);
    }
  }
});
