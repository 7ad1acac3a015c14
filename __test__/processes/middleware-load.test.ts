/**
 * Requests that a cluster answers under load are counted once each, for every route, also if a worker is killed in the
 * middle. Each worker writes its answers into a file (middleware-load/cluster.cjs), and the answers name their worker.
 * So the counts can be compared with two other counts, that of the workers and that of the client.
 *
 * `MPMETRICS_TEST_REQUESTS` is the number of requests of each load.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';

import { application, CASES, PATHS, routeOf, type Case } from '../middleware/applications';
import { abort, add, CONNECTIONS, fire, type Answers, type Shot } from '../middleware/load';
import { countsIn, type Counts } from '../middleware/server';
import type { Application, Program } from '../support/application';
import { freePort } from '../support/free-port';
import { until } from '../support/patience.mjs';

/** The requests of each load. */
const REQUESTS = Number(process.env['MPMETRICS_TEST_REQUESTS'] ?? 2_000);
/** Requests whose client goes away, sent in addition to each load. */
const ABORTED = 20;

type Numbers = Record<string, number>;

const made: Application[] = [];

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** A request for each route that answers at once, a POST, and two for URLs that no route has, each time new ones. */
function shots(): Shot[] {
  let strays = 0;
  const stray: Shot = { method: 'GET', path: () => `/none/${++strays}` };
  const known = PATHS.map((path): Shot => ({ method: 'GET', path }));
  return [...known, { method: 'POST', path: '/users/7' }, stray, stray];
}

/** Returns counts of answers by the route of their URL. */
function byRoute(app: Case['app'], counts: Numbers): Numbers {
  const found: Numbers = {};
  for (const [key, count] of Object.entries(counts)) {
    const [method, url, status] = key.split(' ') as [string, string, string];
    add(found, `${method} ${routeOf(app, url)} ${status}`, count);
  }
  return found;
}

/** Returns the sum of all workers' counts. */
function ofAll(answers: Answers): Numbers {
  const found: Numbers = {};
  for (const counts of answers.values()) {
    for (const [key, count] of Object.entries(counts)) add(found, key, count);
  }
  return found;
}

/** Returns by how much counts exceed others, without the keys at which both are equal. */
function difference(counts: Numbers, others: Numbers): Numbers {
  const keys = new Set([...Object.keys(counts), ...Object.keys(others)]);
  const pairs = [...keys].map((key) => [key, (counts[key] ?? 0) - (others[key] ?? 0)] as const);
  return Object.fromEntries(pairs.filter(([, more]) => more !== 0));
}

function sum(counts: Numbers): number {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}

/** Reads what the workers wrote. */
function written(folder: string): Answers {
  const answers: Answers = new Map();
  for (const name of readdirSync(folder)) {
    const [, pid] = /^answers-(\d+)\.log$/.exec(name) ?? [];
    if (pid === undefined) continue;
    const counts: Numbers = {};
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (line !== '') add(counts, line);
    }
    answers.set(Number(pid), counts);
  }
  return answers;
}

async function scrape(port: number): Promise<Counts> {
  const agent = new Agent({ keepAlive: false });
  const printed = await new Promise<string>((resolve, reject) => {
    const sent = get({ port, host: '127.0.0.1', path: '/metrics', agent }, (answer) => {
      text(answer).then(resolve, reject);
    });
    sent.on('error', reject);
  }).catch(() => '');
  return countsIn(printed);
}

/**
 * Waits until the counts differ from what the workers wrote by at most `most` requests, and no request is in progress.
 * Returns the counts by route, and what the workers wrote.
 */
async function settled(port: number, { app }: Case, { folder }: Application, most: number) {
  let counts: Counts = { requests: {}, inProgress: {} };
  let wrote: Answers = new Map();
  let open: Numbers = {};
  await until(
    async () => {
      counts = await scrape(port);
      wrote = written(folder);
      open = difference(counts.requests, byRoute(app, ofAll(wrote)));
      const running = Object.values(counts.inProgress);
      const apart = Object.values(open).reduce((all, more) => all + Math.abs(more), 0);
      return running.length > 0 && running.every((one) => one === 0) && apart <= most;
    },
    () => `the counts are not what the workers wrote: ${JSON.stringify({ open, counts })}`,
  );
  return { requests: counts.requests, wrote };
}

/** Waits until this many workers listen. Returns their process ids. */
async function workers(program: Program, count: number): Promise<number[]> {
  const pids: number[] = [];
  while (pids.length < count) pids.push(JSON.parse(await program.line()) as number);
  return pids;
}

/** Returns the answers without those to requests whose client went away, which did not see them. */
function seen(counts: Numbers = {}): Numbers {
  return Object.fromEntries(Object.entries(counts).filter(([key]) => !key.endsWith(' 499')));
}

describe.each(CASES)('$app of $set in a cluster', (one) => {
  test('counts what it answers, for every route, also when a worker is killed', async () => {
    const { own, packages } = await application(one, {
      'cluster.cjs': 'processes/middleware-load/cluster.cjs',
    });
    made.push(own);
    const port = await freePort();
    const env = {
      ...{ PORT: String(port), SUBPATH: one.subpath, PACKAGES: packages },
      // Workers accept connections. A primary that accepts them hands some to a worker of which it does not know yet
      // that it was killed, and such a connection is never closed.
      NODE_CLUSTER_SCHED_POLICY: 'none',
    };
    const program = own.run('cluster.cjs', { env });
    await workers(program, 2);

    const aborted = abort(port, '/slow', ABORTED).catch(() => undefined);
    let victim = 0;
    const killed = await fire(port, REQUESTS, shots(), (answered, pid) => {
      if (answered !== Math.floor(REQUESTS / 3)) return;
      victim = pid;
      process.kill(victim, 'SIGKILL');
    });
    await aborted;
    await workers(program, 1);
    // A worker writes an answer's line into its file and counts the answer, in either order. The kill may come between
    // the two.
    const first = await settled(port, one, own, 1);
    for (const [pid, wrote] of first.wrote) {
      const unwritten = difference(killed.get(pid) ?? {}, seen(wrote));
      if (pid !== victim) expect(unwritten).toEqual({});
      // A connection has at most one answer that the killed worker had sent and not yet written into its file.
      expect(Math.min(0, ...Object.values(unwritten))).toBe(0);
      expect(sum(unwritten)).toBeLessThanOrEqual(CONNECTIONS);
    }
    expect(sum(ofAll(killed))).toBeGreaterThanOrEqual(REQUESTS - 2 * CONNECTIONS);

    await abort(port, '/slow', ABORTED);
    const answered = ofAll(await fire(port, REQUESTS, shots()));
    const last = await settled(port, one, own, 1);
    expect(sum(answered)).toBe(REQUESTS);
    expect(difference(last.requests, first.requests)).toEqual({
      ...byRoute(one.app, answered),
      [`GET ${routeOf(one.app, '/slow')} 499`]: ABORTED,
    });
    expect(program.errors).toBe('');
  });
});
