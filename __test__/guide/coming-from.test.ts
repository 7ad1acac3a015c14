/** The examples of docs/guide/coming-from print what the pages show: ours byte for byte, Python's the same samples. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { installed } from '../middleware/packages';
import { Application } from '../support/application';
import { freePort } from '../support/free-port';
import { within } from '../support/patience.mjs';
import { Redis } from '../support/redis';
import { exposed } from './exposed';
import { pages, type Pair } from './pages';

const root = join(__dirname, '..', '..');
const removals: (() => void)[] = [];
let express = '';

beforeAll(async () => {
  express = join(await installed('http-newer'), 'node_modules', 'express');
});
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** The page whose library is the newest prometheus_client, which other tests use, too. */
const NEWEST = 'prometheus-client-multiprocess';
/** Pages whose libraries keep metrics in Redis. */
const WITH_REDIS = ['prometheus-aioredis-client', 'pytheus'];

const withoutRedis = lacks('redis-server');
const withoutNewest = lacks('prometheus_client');
const withoutLibraries = lacks('libraries of Python');

/** Runs a program to its end. Returns its output; fails if it exits with an error. */
async function printedBy(
  command: string,
  cwd: string,
  file: string,
  env: Record<string, string | undefined>,
): Promise<string> {
  const child = spawn(command, [file], { cwd, env, detached: true });
  removals.push(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // No process of the group is left.
    }
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise((resolve) => child.on('close', resolve));
  expect(await within(ended, () => `${file} does not end: ${stderr}`), stderr).toBe(0);
  return stdout;
}

async function ours({ javascript }: Pair): Promise<string> {
  const file = /^import /m.test(javascript) ? 'app.mjs' : 'app.cjs';
  const port = String(await freePort());
  const app = new Application({ [file]: javascript.replaceAll('9464', port) });
  removals.push(() => {
    app.remove();
  });
  symlinkSync(express, join(app.folder, 'node_modules', 'express'));
  return printedBy(process.execPath, app.folder, file, app.environment());
}

async function theirs(page: string, { python }: Pair): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-python-'));
  removals.push(() => {
    rmSync(folder, { recursive: true });
  });
  let text = python.replaceAll('9464', String(await freePort()));
  if (WITH_REDIS.includes(page)) {
    const redis = new Redis();
    removals.push(() => {
      redis.stop();
    });
    await redis.start();
    text = text.replaceAll('6379', new URL(redis.url).port);
  }
  writeFileSync(join(folder, 'app.py'), text);
  const packages = page === NEWEST ? 'python' : 'python-libraries';
  const env: Record<string, string> = {
    PYTHONPATH: join(root, '.cache', packages),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  if (page === NEWEST) {
    env['PROMETHEUS_MULTIPROC_DIR'] = join(folder, 'metrics');
    mkdirSync(env['PROMETHEUS_MULTIPROC_DIR']);
  }
  return printedBy('python3', folder, 'app.py', { ...process.env, ...env });
}

describe.each(pages)('$name.md', ({ name, lines, tables, pairs }) => {
  const lacking =
    (name === NEWEST ? withoutNewest : withoutLibraries) ||
    (WITH_REDIS.includes(name) && withoutRedis);

  test.each(pairs)('ours: $title', async (pair) => {
    expect(await ours(pair)).toBe(pair.printed);
  });

  test.skipIf(lacking).each(pairs)('theirs: $title', async (pair) => {
    const found = exposed(await theirs(name, pair));
    expect(Object.keys(found)).not.toEqual([]);
    expect(found).toEqual(exposed(pair.theirs ?? pair.printed));
  });

  test('has pairs of examples, and tables without an empty cell', () => {
    expect(pairs.length).toBeGreaterThan(1);
    expect(lines).toBeLessThanOrEqual(400);
    expect(tables.length).toBeGreaterThan(0);
    for (const [head, ...rows] of tables) {
      expect(head).toEqual(['theirs', 'ours', 'what is different, and why']);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        expect(row).toHaveLength(3);
        expect(row.filter((cell) => cell === '')).toEqual([]);
      }
    }
  });
});

test('a page shows a second output only where the Python example prints other samples', () => {
  for (const { name, pairs } of pages)
    for (const { title, printed, theirs } of pairs) {
      if (theirs === null) continue;
      expect(exposed(theirs), `${name}: ${title}`).not.toEqual(exposed(printed));
    }
});

test('the overview links to each page', () => {
  const overview = readFileSync(join(root, 'docs', 'guide', 'coming-from.md'), 'utf8');
  const linked = [...overview.matchAll(/\]\(coming-from\/([\w-]+)\.md\)/g)].map(([, name]) => name);
  expect(linked.sort()).toEqual(pages.map(({ name }) => name));
});

test.each([
  ['a 1', { 'a{}': 1 }],
  ['a{} 1.0 1796008128831', { 'a{}': 1 }],
  ['a_bucket{le="1.0", b="x, y"} 2.0', { 'a_bucket{b=x, y,le=1}': 2 }],
  ['a_bucket{le="inf"} 2', { 'a_bucket{le=Infinity}': 2 }],
  ['# TYPE a counter\na_created 1e9\n', {}],
])('exposed() reads the samples of %j', (text, samples) => {
  expect(exposed(text)).toEqual(samples);
});
