/**
 * Packages that depend on prom-client, unmodified, with mpmetrics installed by npm in place of prom-client. Each is
 * used as its users use it (`apps/`), in a cluster of two workers that serve HTTP, each on a port of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { installNode } from '../../scripts/nodes.mjs';
import { Program } from '../support/application';
import { installFixture } from '../support/fixture';
import { workClock } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';
import { Redis } from '../support/redis';
import { samples } from '../support/samples';

/** Numbers of requests to the first worker and to the second. */
const SENT = [25, 15] as const;

const MAJOR = Number(process.versions.node.split('.')[0]);

/** Returns the sum of all samples with this name whose label text has all of these labels. */
function total(text: string, name: string, ...labels: string[]): number {
  return [...samples(text)]
    .filter(([series]) => series.startsWith(`${name}{`) && labels.every((l) => series.includes(l)))
    .reduce((sum, [, value]) => sum + value, 0);
}

interface Dependent {
  /** The path of its requests; `/hello` by default. */
  path?: string;
  /** Returns the number of requests that each of its metrics counted. */
  counted: (text: string) => number[];
  /** True if the package needs Node.js 22. */
  modern?: boolean;
}

const DEPENDENTS: Record<string, Dependent> = {
  'express-prom-bundle': {
    counted: (text) => [
      total(text, 'http_request_duration_seconds_count', 'path="/hello"', 'status_code="200"'),
    ],
  },
  'nestjs-prometheus': {
    counted: (text) => [total(text, 'hellos_total', 'path="/hello"', 'app="nest"')],
  },
  'prometheus-api-metrics': {
    counted: (text) => [
      total(text, 'http_request_duration_seconds_count', 'route="/hello"', 'code="200"'),
      total(text, 'http_request_size_bytes_count', 'route="/hello"'),
      total(text, 'http_response_size_bytes_count', 'route="/hello"'),
    ],
  },
  'hono-prometheus': {
    counted: (text) => [
      total(text, 'http_requests_total', 'route="/hello"', 'status="200"'),
      total(text, 'http_request_duration_seconds_count', 'route="/hello"'),
    ],
  },
  'graphql-yoga': {
    path: '/graphql?query={hello}',
    counted: (text) => [
      total(text, 'graphql_envelop_request'),
      total(text, 'graphql_envelop_request_time_summary_count'),
      total(text, 'graphql_envelop_execute_resolver_count', 'fieldName="hello"'),
      total(text, 'graphql_yoga_http_duration_count', 'statusCode="200"'),
    ],
  },
  'promster-express': {
    counted: (text) => [
      total(text, 'http_requests_total', 'path="/hello"', 'status_code="200"'),
      total(text, 'http_request_duration_seconds_count', 'path="/hello"'),
      total(text, 'http_request_duration_per_percentile_seconds_count', 'path="/hello"'),
    ],
  },
  'opossum-prometheus': {
    counted: (text) => [
      total(text, 'circuit', 'name="greeting"', 'event="fire"'),
      total(text, 'circuit', 'name="greeting"', 'event="success"'),
      total(text, 'circuit_perf_count', 'name="greeting"', 'event="success"'),
    ],
  },
  'bull-prom': {
    counted: (text) => [total(text, 'jobs_duration_milliseconds_count', 'queue_name="greetings"')],
  },
  'prometheus-gc-stats': {
    counted: (text) => [total(text, 'nodejs_gc_runs_total', 'gctype="MarkSweepCompact"')],
  },
  'fastify-metrics': {
    modern: true,
    counted: (text) => [
      total(text, 'http_request_duration_seconds_count', 'route="/hello"', 'status_code="200"'),
      total(text, 'http_request_summary_seconds_count', 'route="/hello"'),
    ],
  },
};

let folder: string;
const segments = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mpmetrics-test-'),
);
const redis = new Redis();
/** Whether Redis is not installed, so that tests which need it are skipped. */
const noRedis = lacks('redis-server');
const NAMES = Object.keys(DEPENDENTS).map((name) => ({
  name,
  out: name === 'bull-prom' && noRedis,
}));
const running: ChildProcess[] = [];

beforeAll(async () => {
  [folder] = await Promise.all([installFixture('dependents'), noRedis || redis.start()]);
  cpSync(join(__dirname, 'apps'), join(folder, 'apps'), { recursive: true });
});
afterEach(() => {
  for (const child of running.splice(0)) process.kill(-child.pid!, 'SIGKILL');
});
afterAll(() => {
  redis.stop();
  rmSync(segments, { recursive: true, force: true });
});

interface Worker {
  pid: number;
  port: number;
}

async function get(worker: Worker, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${worker.port}${path}`, {
    headers: { connection: 'close' },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

/** Starts a script of `apps/`. */
function run(node: string, args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(node, args, {
    cwd: join(folder, 'apps'),
    env: plainEnvironment({ MPMETRICS_DIR: segments, REDIS_URL: redis.url, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.push(child);
  return new Program(child);
}

async function start(name: string, env: Record<string, string> = {}) {
  const old = DEPENDENTS[name]!.modern === true && MAJOR < 22;
  const node = old ? await installNode(22) : process.execPath;
  const program = run(node, ['serve.cjs', name], env);
  const workers = [await program.line(), await program.line()].map((l) => JSON.parse(l) as Worker);
  const sent = workers.flatMap((worker, i) =>
    Array.from({ length: SENT[i]! }, () => get(worker, DEPENDENTS[name]!.path ?? '/hello')),
  );
  for (const answer of await Promise.all(sent)) expect(answer).toContain('hello');
  return { program, workers };
}

/**
 * Returns the counts that the workers show, for each worker and metric, when `settled` accepts them or five seconds of
 * work have passed.
 */
async function counted(
  workers: readonly Worker[],
  name: string,
  settled: (all: number[]) => boolean,
) {
  // A worker counts a request a moment before or after the answer arrives here.
  const end = workClock() + 5_000;
  for (;;) {
    const counts: number[][] = [];
    for (const worker of workers) {
      counts.push(DEPENDENTS[name]!.counted(await get(worker, '/metrics')));
    }
    if (settled(counts.flat()) || workClock() > end) return counts;
    await sleep(20);
  }
}

/** Waits until each worker shows its expected count in all metrics of the package. */
async function expectCounted(
  workers: readonly Worker[],
  name: string,
  expected: readonly number[],
) {
  const metrics = DEPENDENTS[name]!.counted('').length;
  const wanted = expected.map((count) => new Array<number>(metrics).fill(count));
  const text = String(wanted);
  expect(await counted(workers, name, (all) => String(all) === text)).toEqual(wanted);
}

/** Returns the count that each worker has to show: of its requests, or of its full garbage collections (`/seen`). */
async function truth(workers: readonly Worker[], name: string): Promise<number[]> {
  if (name !== 'prometheus-gc-stats') return [...SENT];
  const seen = await Promise.all(workers.map(async (worker) => Number(await get(worker, '/seen'))));
  for (const [i, sent] of SENT.entries()) expect(seen[i]).toBeGreaterThanOrEqual(sent);
  return seen;
}

test('npm installed mpmetrics in place of every prom-client', () => {
  const code = readFileSync(join(__dirname, '..', '..', 'dist', 'mpmetrics.js'), 'utf8');
  const { packages } = JSON.parse(
    readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'),
  ) as { packages: Record<string, unknown> };
  const clients = Object.keys(packages).filter((path) => /(prom-|-io\/)client$/.test(path));
  expect(clients).toContain('node_modules/prom-client');
  expect(clients).toContain('node_modules/@prometheus-io/client');
  // fastify-metrics prefers this client to prom-client if Node.js finds it, even in a node_modules of a folder above.
  expect(clients).toContain('node_modules/@platformatic/prom-client');
  for (const client of clients) {
    expect(readFileSync(join(folder, client, 'dist', 'mpmetrics.js'), 'utf8')).toBe(code);
  }
});

test.for(NAMES)(
  '$name shows the requests to all workers in each worker, also after one is killed',
  async ({ name, out }, { skip }) => {
    skip(out);
    const { program, workers } = await start(name);
    const sent = await truth(workers, name);
    const all = sent[0]! + sent[1]!;
    await expectCounted(workers, name, [all, all]);
    process.kill(workers[0]!.pid, 'SIGKILL');
    await expectCounted(workers.slice(1), name, [all]);
    expect(program.errors).toBe('');
  },
);

test.for(NAMES)(
  '$name shows in each worker only its own requests with MPMETRICS_SCOPE=process',
  async ({ name, out }, { skip }) => {
    skip(out);
    const { program, workers } = await start(name, { MPMETRICS_SCOPE: 'process' });
    const sent = await truth(workers, name);
    if (name === 'bull-prom') {
      // Redis chooses the worker of each job, so only the sum is known.
      const sum = (all: number[]) => all.reduce((one, other) => one + other);
      const all = SENT[0] + SENT[1];
      expect(sum((await counted(workers, name, (parts) => sum(parts) === all)).flat())).toBe(all);
    } else await expectCounted(workers, name, sent);
    expect(program.errors).toBe('');
  },
);

test("express-prom-bundle's clusterMetrics() shows all requests, even those to a blocked and a killed worker", async () => {
  const program = run(process.execPath, ['cluster-metrics.cjs']);
  const lines = [await program.line(), await program.line(), await program.line()];
  const [one, other, primary] = lines.map((line) => JSON.parse(line) as Worker);
  for (let i = 0; i < 7; i++) await get(one!, '/hello');
  for (let i = 0; i < 5; i++) await get(other!, '/hello');
  await expectCounted([primary!], 'express-prom-bundle', [12]);
  get(one!, '/block').catch(() => undefined);
  await sleep(100);
  await expectCounted([primary!], 'express-prom-bundle', [12]);
  process.kill(other!.pid, 'SIGKILL');
  await expectCounted([primary!], 'express-prom-bundle', [12]);
  expect(program.errors).toBe('');
});
