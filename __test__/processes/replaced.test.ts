/** Programs that replace each other under a root that has no metrics, as under PM2 and `node --watch`: what the new code does not declare is not shown. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Declares and counts what it is told to, scrapes, and prints what it sees of that kind. */
const PROGRAM = source('processes/replaced/program.cjs');

/** Forks a program for each line of stdin, and never loads the package. A line that ends in + lets it stay. */
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
    /** Runs to its end; what it saw. */
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

test('what the next program does not declare is gone, and comes back with its counts', async () => {
  const { once } = started();
  expect(await once('old_total', 'both_total')).toEqual({ old_total: 1, both_total: 1 });
  expect(await once('both_total', 'new_total')).toEqual({ both_total: 2, new_total: 1 });
  expect(await once('both_total')).toEqual({ both_total: 3 });
  expect(await once('both_total', 'old_total')).toEqual({ both_total: 4, old_total: 2 });
});

test('what a dead one of several counted stays as long as one lives, and while they overlap', async () => {
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

test('a root that has the package shows what its dead children counted', async () => {
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

test('a segment that the user named shows all that was ever counted in it', async () => {
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
