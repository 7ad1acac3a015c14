/**
 * Programs that replace each other under a root that has no metrics, as under PM2 and `node --watch`: a scrape does not
 * show metrics that only earlier programs declared.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Declares and increments the counters that its arguments name, scrapes, and prints the counters of the scrape. */
const PROGRAM = source('processes/replaced/program.cjs');

/** The root: forks the program, and kills it, as lines of stdin say. The root does not load the package. */
const RUNNER = source('processes/replaced/runner.cjs');

function started(runner = RUNNER) {
  const app = new Application({ 'runner.js': runner, 'program.js': PROGRAM });
  made.push(app);
  const program = app.run('runner.js');
  const next = async () => JSON.parse(await program.line()) as unknown;
  return {
    app,
    program,
    next,
    /** Runs the program to its end, and returns the counters that it saw. */
    once: async (...names: string[]) => {
      program.tell(['once', 'one', ...names].join(' '));
      const seen = await next();
      expect(await next()).toBe('ended');
      return seen;
    },
    stay: async (who: string, ...names: string[]) => {
      program.tell(['stay', who, ...names, '--stay'].join(' '));
      return next();
    },
    end: async (who: string) => {
      program.tell(`end ${who} SIGKILL`);
      expect(await next()).toBe('ended');
    },
  };
}

test('a counter that the next program does not declare is not shown; declared again, it has its count', async () => {
  const { once } = started();
  expect(await once('old_total', 'both_total')).toEqual({ old_total: 1, both_total: 1 });
  expect(await once('both_total', 'new_total')).toEqual({ both_total: 2, new_total: 1 });
  expect(await once('both_total')).toEqual({ both_total: 3 });
  expect(await once('both_total', 'old_total')).toEqual({ both_total: 4, old_total: 2 });
});

test('counters of dead programs are shown as long as each program starts before the previous one has ended', async () => {
  const { stay, end, once } = started();
  await stay('a', 'a_total');
  await stay('b', 'b_total');
  await end('a');
  expect(await stay('c', 'c_total')).toEqual({ a_total: 1, b_total: 1, c_total: 1 });
  await end('b');
  expect(await stay('d', 'd_total')).toEqual({ a_total: 1, b_total: 1, c_total: 1, d_total: 1 });
  await end('c');
  await end('d');
  expect(await once('d_total')).toEqual({ d_total: 2 });
});

test('a root that loads the package shows all counters of its dead children', async () => {
  const { once, next, program } = started(
    `const { register } = require('mpmetrics');
    ${RUNNER}
    process.on('SIGUSR2', async () => console.log(JSON.stringify(await register.metrics())));`,
  );
  expect(await once('old_total')).toEqual({ old_total: 1 });
  expect(await once('new_total')).toEqual({ old_total: 1, new_total: 1 });
  process.kill(program.child.pid!, 'SIGUSR2');
  expect(await next()).toContain('old_total 1');
});

test('a scrape of a segment that the user named shows all counters that were ever declared in it', async () => {
  const app = new Application({ 'program.js': PROGRAM });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'kept.heap') };
  const once = async (...names: string[]) => {
    const program = app.run('program.js', { args: names, env });
    const seen = JSON.parse(await program.line()) as unknown;
    await program.ended;
    return seen;
  };
  await once('old_total');
  expect(await once('new_total')).toEqual({ old_total: 1, new_total: 1 });
});

test('node --watch: a metric that was renamed in the code is gone after the restart', async () => {
  const code = (name: string) => `
    const { Counter, register } = require('mpmetrics');
    new Counter({ name: 'kept_total', help: 'h' }).inc();
    new Counter({ name: '${name}', help: 'h' }).inc();
    register.metrics().then((text) => console.log(JSON.stringify(text.match(/^\\w+ \\d+$/gm))));
    setInterval(() => {}, 1000);
  `;
  const app = new Application({ 'server.js': code('old_total') });
  made.push(app);
  const program = app.run('--watch', { args: ['server.js'] });
  const told = async () => {
    for (;;) {
      const line = await program.line();
      if (line.startsWith('[')) return JSON.parse(line) as string[];
    }
  };
  expect((await told()).sort()).toEqual(['kept_total 1', 'old_total 1']);
  writeFileSync(join(app.folder, 'server.js'), code('new_total'));
  expect((await told()).sort()).toEqual(['kept_total 2', 'new_total 1']);
}, 60_000);
