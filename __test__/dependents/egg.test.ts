/**
 * An Egg application that counts with prom-client, unmodified, under `--import mpmetrics/register`. Its workers run a
 * script of `node_modules/@eggjs/cluster`, in which an application was not recognised once.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Program } from '../support/application';
import { cachedPackages } from '../support/cached-package';
import { freePort } from '../support/free-port';
import { until } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';

const root = join(__dirname, '..', '..');
const register = pathToFileURL(join(root, 'dist', 'register', 'index.js')).href;
const PACKAGES = { egg: '4.0.10', 'prom-client': '15.1.3' };
const WORKERS = 2;

/** Egg writes its logs below it. */
const home = mkdtempSync(join(tmpdir(), 'mpmetrics-egg-'));
const segments = mkdtempSync(join('/dev/shm', 'mpmetrics-test-'));
let folder: string;
let port: number;
let egg: Program;

beforeAll(async () => {
  folder = await cachedPackages('egg', PACKAGES);
  cpSync(join(__dirname, 'egg'), folder, { recursive: true });
  port = await freePort();
  const env = { HOME: home, EGG_HOME: home, NODE_ENV: 'production', MPMETRICS_DIR: segments };
  const child = spawn(process.execPath, ['--import', register, 'start.js', String(port)], {
    cwd: folder,
    env: plainEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ended whole, with its agent and its workers.
    detached: true,
  });
  egg = new Program(child);
});

afterAll(() => {
  if (egg?.child.pid !== undefined) process.kill(-egg.child.pid, 'SIGKILL');
  for (const made of [home, segments]) rmSync(made, { recursive: true, force: true });
});

interface Answer {
  pid: number;
  text: string;
}

/** A connection for each request, so that they go round the workers. */
async function get(path: string): Promise<Answer> {
  const headers = { connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as Answer;
}

/** Scrapes until as many workers as there should be have answered; what each of them showed last. */
async function shown(gone?: number): Promise<Map<number, string | undefined>> {
  const all = new Map<number, string | undefined>();
  await until(
    async () => {
      if (egg.child.exitCode !== null) throw new Error(`Egg ended: ${egg.errors}`);
      // Nobody listens at first, and a connection of the killed worker breaks.
      const answer = await get('/metrics').catch(() => null);
      if (answer === null || answer.pid === gone) return false;
      all.set(answer.pid, /^hellos_total (.*)$/m.exec(answer.text)?.[1]);
      return all.size === WORKERS;
    },
    () => `${all.size} workers answer: ${egg.errors}`,
    120_000,
  );
  return all;
}

/** Sends requests one after another, which all arrive; the workers that answered. */
async function greet(times: number): Promise<Set<number>> {
  const pids = new Set<number>();
  for (let i = 0; i < times; i++) pids.add((await get('/hello')).pid);
  return pids;
}

test('every worker shows every request, also those of a worker that was killed', async () => {
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
