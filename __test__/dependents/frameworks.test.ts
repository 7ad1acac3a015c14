/**
 * Applications of frameworks that run them in several processes or threads, unmodified, under
 * `--import mpmetrics/register`. Egg's workers run a script of another package, and Watt resets metrics after it has
 * read them. The frameworks take minutes to install, so `npm run torture` runs these tests, and CI does not.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';

import { installNode } from '../../scripts/nodes.mjs';
import { Program } from '../support/application';
import { cachedPackages } from '../support/cached-package';
import { freePort } from '../support/free-port';
import { until } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';
import { samples } from '../support/samples';

const root = join(__dirname, '..', '..');
const register = pathToFileURL(join(root, 'dist', 'register', 'index.js')).href;
const WORKERS = 2;
const MAJOR = Number(process.versions.node.split('.')[0]);

const made: string[] = [];
const running: Program[] = [];
afterEach(() => {
  // Kills process groups, which include agents and workers.
  for (const { child } of running.splice(0)) process.kill(-child.pid!, 'SIGKILL');
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Installs the packages of an application, and starts it with `--import mpmetrics/register`. */
async function start(
  name: string,
  packages: Record<string, string>,
  args: readonly string[],
  env: Record<string, string> = {},
  node = process.execPath,
): Promise<Program> {
  const folder = await cachedPackages(name, packages);
  cpSync(join(__dirname, name), folder, { recursive: true });
  const home = mkdtempSync(join(tmpdir(), 'mpmetrics-home-'));
  const segments = mkdtempSync(join('/dev/shm', 'mpmetrics-test-'));
  made.push(home, segments);
  const more = { HOME: home, NODE_ENV: 'production', MPMETRICS_DIR: segments, ...env };
  const child = spawn(node, ['--import', register, ...args], {
    cwd: folder,
    // Egg writes its logs below EGG_HOME.
    env: plainEnvironment({ EGG_HOME: home, ...more }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const program = new Program(child);
  running.push(program);
  return program;
}

/** Milliseconds that a worker may take to answer. */
const ANSWER = 10_000;

/** Sends a request on a connection of its own, so that requests go to all workers in turn. */
async function get(port: number, path: string): Promise<string> {
  const headers = { connection: 'close' };
  // A primary that hands a connection to a worker which was just killed never closes the connection.
  const signal = AbortSignal.timeout(ANSWER);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, signal });
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

test('Egg: every worker shows the requests to all workers, also to one that was killed', async () => {
  const port = await freePort();
  const packages = { egg: '4.0.10', 'prom-client': '15.1.3' };
  const egg = await start('egg', packages, ['start.js', String(port)]);
  const ask = async (path: string) =>
    JSON.parse(await get(port, path)) as { pid: number; text: string };
  /** Scrapes until all workers have answered, without the killed one (`gone`). Returns the last count of each. */
  const shown = async (gone?: number) => {
    const all = new Map<number, string | undefined>();
    await until(
      async () => {
        if (egg.child.exitCode !== null) throw new Error(`Egg ended: ${egg.errors}`);
        // At first no server listens, and a connection to the killed worker fails.
        const answer = await ask('/metrics').catch(() => null);
        if (answer === null || answer.pid === gone) return false;
        all.set(answer.pid, /^hellos_total (.*)$/m.exec(answer.text)?.[1]);
        return all.size === WORKERS;
      },
      () => `${all.size} workers answer: ${egg.errors}`,
      120_000,
    );
    return all;
  };
  /** Sends requests one after another. Returns the workers that answered. */
  const greet = async (times: number) => {
    const pids = new Set<number>();
    for (let i = 0; i < times; i++) pids.add((await ask('/hello')).pid);
    return pids;
  };
  expect([...(await shown()).values()]).toEqual(['0', '0']);
  const pids = await greet(40);
  expect(pids.size).toBe(WORKERS);
  expect(await shown()).toEqual(new Map([...pids].map((pid) => [pid, '40'])));
  const [victim] = pids;
  process.kill(victim!, 'SIGKILL');
  await shown(victim);
  await greet(10);
  expect([...(await shown(victim)).values()]).toEqual(['50', '50']);
});

test('Watt: each scrape shows the requests to each thread since the previous scrape', async () => {
  const [port, metrics] = [await freePort(), await freePort()];
  const packages = { wattpm: '3.65.0', '@platformatic/node': '3.65.0' };
  const env = { PORT: String(port), METRICS_PORT: String(metrics) };
  const node = MAJOR < 22 ? await installNode(22) : process.execPath;
  const cli = 'node_modules/wattpm/bin/cli.js';
  const program = await start('watt', packages, [cli, 'start'], env, node);
  const errors = () => `Watt does not answer: ${program.errors}`;
  /** For each thread: the number of answered requests that the test has not yet compared with a scrape. */
  const sent = new Map<number, number>();
  const ask = async () => {
    const { thread } = JSON.parse(await get(port, '/')) as { thread: number };
    sent.set(thread, (sent.get(thread) ?? 0) + 1);
  };
  await until(
    async () => {
      if (program.child.exitCode !== null) throw new Error(`Watt ended: ${program.errors}`);
      // No server listens at first.
      await ask().catch(() => undefined);
      return sent.size === WORKERS;
    },
    errors,
    120_000,
  );
  for (const times of [9, 1, 0, 4]) {
    for (let i = 0; i < times; i++) await ask();
    const counted = { duration: new Map<string, number>(), summary: new Map<string, number>() };
    // A request is counted a moment after its answer is sent, so this scrape or the next one shows it.
    await until(async () => {
      const all = samples(await get(metrics, '/metrics'));
      for (const [kind, by] of Object.entries(counted)) {
        for (const [series, value] of all) {
          const isCount = series.startsWith(`http_request_all_${kind}_seconds_count{`);
          if (isCount && value > 0) by.set(series, (by.get(series) ?? 0) + value);
        }
      }
      return Object.values(counted).every((by) => sum(by) >= sum(sent));
    }, errors);
    for (const by of Object.values(counted)) expect(ascending(by)).toEqual(ascending(sent));
    sent.clear();
  }
});

function ascending(counts: Map<unknown, number>): number[] {
  return [...counts.values()].sort((one, other) => one - other);
}

function sum(counts: Map<unknown, number>): number {
  return [...counts.values()].reduce((all, one) => all + one, 0);
}
