/** Requests that a cluster answers are counted once each, whichever worker answers, also after a worker was killed. */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, test } from 'vitest';

import { installed, MAJORS } from '../middleware/packages';
import { countsIn, total, type Counts } from '../middleware/server';
import { Application, type Program } from '../support/application';
import { freePort } from '../support/free-port';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';

/** The applications of `middleware/apps`, with the package's subpath for each. */
const APPS: Record<string, string> = {
  express: 'express',
  fastify: 'fastify',
  hono: 'hono',
  http: 'http',
  koa: 'koa',
  'nest-express': 'nest',
  'nest-fastify': 'nest',
};

/** Clients that send requests at once, each on a connection of its own. */
const CLIENTS = 8;
/** Requests of each client in each round. */
const EACH = 60;
/** Milliseconds after which a request without an answer fails. */
const ANSWER = 5_000;
const PATHS = ['/hello', '/users/7', '/orgs/o/teams/t', '/orgs/o/fails', '/none', '/one'];

const made: Application[] = [];

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

async function application(app: string, set: (typeof MAJORS)[number]) {
  const own = new Application({
    'app.cjs': source(`middleware/apps/${app}.cjs`),
    'nest.js': source('middleware/apps/nest.js'),
    'cluster.cjs': source('processes/middleware/cluster.cjs'),
    'automatic.cjs': source('processes/middleware/automatic.cjs'),
  });
  made.push(own);
  // `node:http` needs no packages.
  const packages = app === 'http' ? __filename : join(await installed(set), 'index.js');
  return { program: own, packages };
}

interface Got {
  status: number;
  pid: number;
  body: string;
}

function get(port: number, path: string, agent: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, agent }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({ status: answer.statusCode!, pid: Number(answer.headers['x-pid']), body });
      });
    });
    sent.on('error', reject);
    // If a primary hands a connection to a worker that was just killed, it never closes the connection.
    sent.setTimeout(ANSWER, () => sent.destroy(new Error('no answer')));
    sent.end();
  });
}

/** Sends requests by all clients. Returns the number of answers by path, and of failed requests. */
async function load(port: number) {
  const answered: Record<string, number> = {};
  let failed = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < EACH; i++) {
        const path = PATHS[(client + i) % PATHS.length]!;
        try {
          await get(port, path, agent);
          answered[path] = (answered[path] ?? 0) + 1;
        } catch {
          failed++;
        }
      }
      agent.destroy();
    }),
  );
  return { answered, failed };
}

async function scrape(port: number): Promise<Counts> {
  const agent = new Agent({ keepAlive: false });
  const { body } = await get(port, '/metrics', agent).catch(() => ({ body: '' }));
  return countsIn(body);
}

/** Returns the counts by route. */
function byRoute({ requests }: Counts): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [key, value] of Object.entries(requests)) {
    const route = key.split(' ')[1]!;
    found[route] = (found[route] ?? 0) + value;
  }
  return found;
}

/** Waits until at least this many requests are counted, and none is in progress in any process. */
async function counted(port: number, least: number): Promise<Counts> {
  let counts: Counts = { requests: {}, inProgress: {} };
  await until(
    async () => {
      counts = await scrape(port);
      return total(counts) >= least && Object.values(counts.inProgress).every((one) => one === 0);
    },
    () => `${least} requests are counted: ${JSON.stringify(counts)}`,
  );
  return counts;
}

/** Waits until this many workers have begun to listen. Returns their process ids. */
async function workers(program: Program, count: number): Promise<number[]> {
  const pids: number[] = [];
  while (pids.length < count) pids.push(JSON.parse(await program.line()) as number);
  return pids;
}

const ROUTES: Record<string, string> = {
  '/hello': '/hello',
  '/users/7': '/users/:id',
  '/orgs/o/teams/t': '/orgs/:org/teams/:team',
  '/orgs/o/fails': '/orgs/:org/fails',
  '/none': 'unmatched',
};

/** Returns the label of the route of a path. */
function routeOf(app: string, path: string): string {
  if (app === 'http') return 'unmatched';
  if (path === '/one') return app === 'express' ? '/one|/two' : '/one';
  return ROUTES[path]!;
}

/** Returns the counts by route that these answers by path must give. */
function expected(app: string, answered: Record<string, number>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [path, count] of Object.entries(answered)) {
    const route = routeOf(app, path);
    found[route] = (found[route] ?? 0) + count;
  }
  return found;
}

const cases = MAJORS.flatMap((set) =>
  Object.entries(APPS).map(([app, subpath]) => ({ set, app, subpath })),
).filter(({ set, app }) => app !== 'http' || set === 'http-newer');

describe.each(cases)('$app of $set in a cluster', ({ set, app, subpath }) => {
  test('counts each request that is answered, also when a worker is killed', async () => {
    const { program: own, packages } = await application(app, set);
    const port = await freePort();
    const env = { PORT: String(port), SUBPATH: subpath, PACKAGES: packages };
    const program = own.run('cluster.cjs', { env });
    const [victim] = await workers(program, 2);

    const first = await load(port);
    expect(first.failed).toBe(0);
    let counts = await counted(port, CLIENTS * EACH);
    expect(byRoute(counts)).toEqual(expected(app, first.answered));

    // Under load. The requests that the killed worker was answering may be counted or not.
    const killed = load(port);
    await until(async () => total(await scrape(port)) > CLIENTS * EACH, 'the load begins');
    process.kill(victim!, 'SIGKILL');
    const { answered, failed } = await killed;
    await workers(program, 1);
    const sum = Object.values(answered).reduce((one, other) => one + other, 0);
    const before = total(counts);
    counts = await counted(port, before + sum - CLIENTS);
    expect(total(counts) - before).toBeLessThanOrEqual(sum + failed);

    const afterKill = counts;
    const last = await load(port);
    expect(last.failed).toBe(0);
    counts = await counted(port, total(afterKill) + CLIENTS * EACH);
    const grown = Object.entries(byRoute(counts)).map(
      ([route, count]) => [route, count - (byRoute(afterKill)[route] ?? 0)] as const,
    );
    expect(Object.fromEntries(grown)).toEqual(expected(app, last.answered));
    expect(program.errors).toBe('');
  });
});

describe('node --import mpmetrics/http', () => {
  async function run(
    app: string,
    set: (typeof MAJORS)[number],
    options: string,
    env: Record<string, string> = {},
  ) {
    const { program: own, packages } = await application(app, set);
    const program = own.run('automatic.cjs', {
      env: { PACKAGES: packages, NODE_OPTIONS: options, ...env },
    });
    const port = JSON.parse(await program.line()) as number;
    const print = async () => {
      program.tell('print');
      return JSON.parse(await program.line()) as string;
    };
    const agent = new Agent({ keepAlive: true });
    for (const path of PATHS) await get(port, path, agent);
    agent.destroy();
    return { print, program };
  }

  const BOTH = '--import mpmetrics/register --import mpmetrics/http';
  const automatic = cases.filter(({ app }) => app !== 'http');

  test.each(automatic)('counts the requests to $app of $set', async ({ app, set }) => {
    const { print, program } = await run(app, set, BOTH);
    let counts: Counts = { requests: {}, inProgress: {} };
    await until(
      async () => {
        counts = countsIn(await print());
        return total(counts) === PATHS.length;
      },
      () => `all requests are counted: ${JSON.stringify(counts)}`,
    );
    // Koa and Hono do not show their routes to code outside of them.
    const known = app !== 'koa' && app !== 'hono';
    const wanted = known
      ? expected(app, Object.fromEntries(PATHS.map((path) => [path, 1])))
      : { unmatched: PATHS.length };
    expect(byRoute(counts)).toEqual(wanted);
    expect(program.errors).toBe('');
  });

  test('a program that calls httpMetrics() is not counted automatically, too', async () => {
    const { print, program } = await run('http', 'http-newer', BOTH, { EXPLICIT: '1' });
    await sleep(100);
    const text = await print();
    expect(text).toContain('http_server_request_duration_seconds_count{');
    expect(text).not.toContain('http_request_duration_seconds');
    expect(program.errors).toBe('');
  });

  test('without --import mpmetrics/http, a program that loads the module is not counted automatically', async () => {
    const { print } = await run('http', 'http-newer', '--import mpmetrics/register', {
      EXPLICIT: '1',
    });
    expect(await print()).not.toContain('http_request_duration_seconds');
  });
});
