/** `mpmetrics serve` and `textfile`: they go on while the application is killed, and when it starts again. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { mpmetrics, running } from '../support/command-line';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';

let app: Application;
const sidecars: Program[] = [];

beforeEach(() => {
  app = new Application({
    'package.json': '{"name":"shop"}',
    'count.js': source('processes/commands-serve/count.cjs'),
  });
});

afterEach(() => {
  for (const { child } of sidecars.splice(0)) child.kill('SIGKILL');
  app.remove();
});

/** Starts the application, which counts up to `count` at once. */
async function start(count: number): Promise<Program> {
  const program = app.run('count.js', { args: [String(count)] });
  expect(await program.line()).toBe('counted');
  return program;
}

async function killed(program: Program): Promise<void> {
  program.child.kill('SIGKILL');
  expect(await program.ended).toBe('SIGKILL');
}

function sidecar(...args: string[]): Program {
  const program = running(app, args);
  sidecars.push(program);
  return program;
}

/** Starts a sidecar, and returns the address of its metrics. */
async function served(...args: string[]): Promise<{ program: Program; url: string }> {
  const program = sidecar('serve', '--port', '0', '--host', '127.0.0.1', ...args);
  const line = await program.line();
  const [, url] = /^shop is served at (http:\S+)$/.exec(line)!;
  return { program, url: url! };
}

async function countAt(url: string): Promise<number> {
  const response = await fetch(url);
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.stringContaining('c_total') as string]);
  return Number(/^c_total (\d+)$/m.exec(text)![1]);
}

describe('serve', () => {
  test('serves on when the application is killed, and its next run after that', async () => {
    const first = await start(3);
    const { program, url } = await served();
    expect(await countAt(url)).toBe(3);
    await killed(first);
    expect(await countAt(url)).toBe(3);
    // The next run removes the segment of the first.
    const second = await start(5);
    expect(app.segments()).toHaveLength(1);
    expect(await countAt(url)).toBe(5);
    await killed(second);
    expect(await countAt(url)).toBe(5);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.errors).toBe('');
  });

  test('does not go over to another application', async () => {
    const first = await start(3);
    const { url } = await served();
    await killed(first);
    const manifest = '{"name":"billing"}';
    const files = {
      'package.json': manifest,
      'count.js': source('processes/commands-serve/count.cjs'),
    };
    const other = new Application(files, app);
    try {
      // Its start removes the dead segment.
      expect(await other.run('count.js', { args: ['9'] }).line()).toBe('counted');
      expect(mpmetrics(app, ['scrape']).stdout).toContain('c_total 9\n');
      expect((await fetch(url)).status).toBe(500);
      await start(4);
      expect(await countAt(url)).toBe(4);
    } finally {
      other.remove();
    }
  });

  test('prints what the Accept header prefers, and packs it', async () => {
    await start(1);
    const { url } = await served('shop');
    const ask = (headers: Record<string, string>, path = '', method = 'GET') =>
      fetch(url + path, { headers, method });
    const open = await ask({ accept: 'application/openmetrics-text;version=1.0.0' });
    expect(open.headers.get('content-type')).toMatch(/^application\/openmetrics-text/);
    expect(await open.text()).toMatch(/^# TYPE c counter[^]*# EOF\n$/m);
    const text = await ask({ accept: 'text/plain', 'accept-encoding': 'gzip' });
    expect(text.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text.headers.get('content-encoding')).toBe('gzip');
    expect(await text.text()).toContain('\nc_total 1\n');
    expect((await ask({}, '/other')).status).toBe(404);
    expect((await ask({}, '', 'POST')).status).toBe(405);
    const head = await ask({}, '', 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('answers 500 with the reason when the segment is gone, and goes on', async () => {
    const program = await start(2);
    const { url } = await served();
    await killed(program);
    expect(mpmetrics(app, ['rm', 'shop'])).toMatchObject({ status: 0 });
    const gone = await fetch(url);
    expect([gone.status, await gone.text()]).toEqual([
      500,
      expect.stringMatching(/\.heap: lstat failed: No such file/) as string,
    ]);
    await start(7);
    expect(await countAt(url)).toBe(7);
  });

  test('says that its port is taken', async () => {
    await start(1);
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => other.once('listening', done));
    const { port } = other.address() as AddressInfo;
    const args = ['serve', '--host', '127.0.0.1', '--port', String(port)];
    const { status, stderr } = mpmetrics(app, args);
    other.close();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^mpmetrics: port \d+ cannot be used: .*EADDRINUSE.*--port\n$/);
  });
});

describe('textfile', () => {
  test('writes again and again, also after the application was killed, and a last time', async () => {
    const first = await start(3);
    const file = join(app.folder, 'shop.prom');
    const program = sidecar('textfile', '-o', file, '-i', '0.05');
    expect(await program.line()).toBe(`shop is written to ${file} every 0.05 s`);
    const text = readFileSync(file, 'utf8');
    expect(text).toBe('# HELP c_total c\n# TYPE c_total counter\nc_total 3\n');
    await killed(first);
    await start(5);
    const rewritten = () => readFileSync(file, 'utf8') === text.replace('3', '5');
    await until(rewritten, 'the file is not written again');
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.errors).toBe('');
  });

  test('writes once', async () => {
    await start(4);
    const file = join(app.folder, 'once.prom');
    const once = mpmetrics(app, ['textfile', 'shop', '--output', file, '--once']);
    expect(once).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toContain('c_total 4\n');
  });

  test('says that the file cannot be written', async () => {
    await start(1);
    const folder = join(app.folder, 'nowhere');
    const file = join(folder, 'x.prom');
    const { status, stdout, stderr } = mpmetrics(app, ['textfile', '-o', file]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^mpmetrics: \S+x\.prom is not written: ENOENT/);
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    expect(mpmetrics(app, ['textfile', '-o', file, '--once']).status).toBe(0);
    expect(existsSync(file)).toBe(true);
  });
});
