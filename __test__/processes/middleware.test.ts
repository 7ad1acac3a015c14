/** `node --import mpmetrics/http` counts the requests of a program without a line of code. */
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';

import { application, CASES, PATHS, routeOf, type Case } from '../middleware/applications';
import { add } from '../middleware/load';
import { countsIn, total, type Counts } from '../middleware/server';
import type { Application } from '../support/application';
import { until } from '../support/patience.mjs';

/** A path of each route that answers, and one path without a route. */
const ASKED = [...PATHS, '/none'];

const made: Application[] = [];

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

async function ask(port: number, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path, agent }, (answer) => {
      text(answer).then(resolve, reject);
    }).on('error', reject);
  });
}

/** Returns the counts by route. */
function byRoute({ requests }: Counts): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [key, value] of Object.entries(requests)) add(found, key.split(' ')[1]!, value);
  return found;
}

/** Runs a program with these options of Node.js, and sends it a request for each path. */
async function run(one: Case, options: string, env: Record<string, string> = {}) {
  const { own, packages } = await application(one, {
    'automatic.cjs': 'processes/middleware/automatic.cjs',
  });
  made.push(own);
  const program = own.run('automatic.cjs', {
    env: { PACKAGES: packages, NODE_OPTIONS: options, ...env },
  });
  const port = JSON.parse(await program.line()) as number;
  const print = async () => {
    program.tell('print');
    return JSON.parse(await program.line()) as string;
  };
  const agent = new Agent({ keepAlive: true });
  for (const path of ASKED) await ask(port, path, agent);
  agent.destroy();
  return { print, program };
}

const BOTH = '--import mpmetrics/register --import mpmetrics/http';
const plain = CASES.find(({ app }) => app === 'http')!;

describe('node --import mpmetrics/http', () => {
  const frameworks = CASES.filter(({ app }) => app !== 'http');

  test.each(frameworks)('counts the requests to $app of $set', async (one) => {
    const { print, program } = await run(one, BOTH);
    let counts: Counts = { requests: {}, inProgress: {} };
    await until(
      async () => {
        counts = countsIn(await print());
        return total(counts) === ASKED.length;
      },
      () => `not all requests are counted: ${JSON.stringify(counts)}`,
    );
    const wanted: Record<string, number> = {};
    // Koa and Hono tell nothing of their routes to what is outside of them.
    const told = one.app !== 'koa' && one.app !== 'hono';
    for (const path of ASKED) add(wanted, told ? routeOf(one.app, path) : 'unmatched');
    expect(byRoute(counts)).toEqual(wanted);
    expect(program.errors).toBe('');
  });

  test('a program that counts by itself is not counted automatically', async () => {
    const { print, program } = await run(plain, BOTH, { EXPLICIT: '1' });
    await sleep(100);
    const printed = await print();
    expect(printed).toContain('http_server_request_duration_seconds_count{');
    expect(printed).not.toContain('http_request_duration_seconds');
    expect(program.errors).toBe('');
  });

  test('a program that requires the module without --import is not counted automatically', async () => {
    const { print } = await run(plain, '--import mpmetrics/register', { EXPLICIT: '1' });
    expect(await print()).not.toContain('http_request_duration_seconds');
  });
});
