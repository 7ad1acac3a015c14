import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { expectKept, FILES, killerArguments, PATIENCE } from '../crash/kills';
import { Program } from '../support/application';
import { freePort } from '../support/free-port';
import { npm } from '../support/npm';
import { pack } from '../support/packed';
import { LIMIT } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';

/** The number of kills: fewer than `crash/kills.test.ts` makes by default, but enough to check the packed binary. */
const KILLS = 40;

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-package-'));
const running: ChildProcess[] = [];

/** Returns a PATH without Rust or any other build tool. */
function barePath(): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  return bin;
}

let environment: Record<string, string>;

async function install(name: string, tarballs: string[]): Promise<string> {
  const target = join(folder, name);
  mkdirSync(target);
  writeFileSync(join(target, 'package.json'), '{ "private": true }\n');
  const options = ['--omit=dev', '--offline', '--no-audit', '--no-fund'];
  await npm(target, ['install', ...tarballs, ...options], environment);
  return target;
}

type Manifest = Record<string, Record<string, string> | undefined>;

function manifest(target: string, name: string): Manifest {
  const file = join(target, 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** Returns whether an entry of node_modules is a package, and not a file or folder of npm's own. */
function isPackage(name: string): boolean {
  return !name.startsWith('.');
}

/** Returns the README's first example, as CommonJS or with `import` in place of `require`. */
function example(kind: 'cjs' | 'mjs'): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const between = /<!-- first example -->\s*```js\n([^]*?)```\s*<!-- end of first example -->/;
  const code = between.exec(readme)?.[1];
  if (code === undefined) throw new Error('README.md has no first example between its markers');
  return kind === 'cjs'
    ? code
    : code.replace(/const (.+) = require\((.+)\);/g, 'import $1 from $2;');
}

async function get(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  return response.text();
}

/** Runs the example as a server, and sends it requests. Returns scrapes of its workers, and its stderr. */
async function serve(target: string, kind: 'cjs' | 'mjs', requests: number) {
  const file = join(target, `server.${kind}`);
  writeFileSync(file, example(kind));
  const port = await freePort();
  const child = spawn(process.execPath, [file], {
    cwd: target,
    env: { ...environment, PORT: String(port) },
    detached: true,
  });
  running.push(child);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const base = `http://127.0.0.1:${port}`;
  const ready = () => get(`${base}/metrics`).catch(() => undefined);
  while ((await ready()) === undefined) {
    if (child.exitCode !== null) throw new Error(`the example ended: ${stderr}`);
    await sleep(50);
  }
  for (let i = 0; i < requests; i++) await get(`${base}/`);
  const scrapes: string[] = [];
  for (let i = 0; i < 12; i++) scrapes.push(await get(`${base}/metrics`));
  return { scrapes, stderr: () => stderr };
}

/** Warnings by the process that printed them: `(node:123) [CODE] Warning: text`. */
function warningsByProcess(stderr: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [line, pid] of stderr.matchAll(/^\(node:(\d+)\).*mpmetrics.*$/gim)) {
    found.set(pid!, [...(found.get(pid!) ?? []), line]);
  }
  return found;
}

afterEach(() => {
  for (const child of running.splice(0)) process.kill(-child.pid!, 'SIGKILL');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let withBinary: string;
let withoutBinary: string;

beforeAll(async () => {
  environment = plainEnvironment({ PATH: barePath() });
  const { main, platform } = await pack(join(folder, 'copy'), environment);
  withBinary = await install('with', [main, platform]);
  withoutBinary = await install('without', [main]);
});

describe('the installed package', () => {
  test('runs no script at installation, and has no dependencies', () => {
    for (const name of ['mpmetrics', 'mpmetrics-linux-x64-gnu']) {
      const { scripts = {}, dependencies } = manifest(withBinary, name);
      const atInstallation = ['preinstall', 'install', 'postinstall', 'prepare'];
      expect(Object.keys(scripts).filter((script) => atInstallation.includes(script))).toEqual([]);
      expect(dependencies).toBeUndefined();
    }
  });

  test('has the platform package of its own version as an optional dependency', () => {
    const { version, optionalDependencies } = manifest(withBinary, 'mpmetrics');
    expect(optionalDependencies).toEqual({ 'mpmetrics-linux-x64-gnu': version });
  });

  test('brings no framework: they are optional peers', () => {
    expect(readdirSync(join(withoutBinary, 'node_modules')).filter(isPackage)).toEqual([
      'mpmetrics',
    ]);
    const { peerDependencies, peerDependenciesMeta } = manifest(withBinary, 'mpmetrics');
    const optional = Object.keys(peerDependencies!).map((name) => [name, { optional: true }]);
    expect(peerDependenciesMeta).toEqual(Object.fromEntries(optional));
    // With a range, npm would refuse (ERESOLVE) to install mpmetrics beside another major, even an unused one.
    expect(new Set(Object.values(peerDependencies!))).toEqual(new Set(['*']));
  });

  test('has the code and its types, and no source', () => {
    const installed = join(withBinary, 'node_modules', 'mpmetrics');
    for (const there of ['dist/index.js', 'dist/index.mjs', 'dist/index.d.ts', 'LICENSE']) {
      expect(existsSync(join(installed, there)), there).toBe(true);
    }
    for (const absent of ['ts', 'npm', 'crates', 'scripts', '__test__', 'dist/.tsbuildinfo']) {
      expect(existsSync(join(installed, absent)), absent).toBe(false);
    }
  });

  test('exports the same names to require and to import', () => {
    const ask = (code: string, ...flags: string[]) => {
      const done = spawnSync(process.execPath, [...flags, '-e', code], {
        cwd: withBinary,
        env: environment,
        encoding: 'utf8',
      });
      expect(done.stderr).toBe('');
      return JSON.parse(done.stdout) as string[];
    };
    const required = ask("console.log(JSON.stringify(Object.keys(require('mpmetrics')).sort()))");
    const imported = ask(
      "import * as all from 'mpmetrics'; console.log(JSON.stringify(Object.keys(all).sort()))",
      '--input-type=module',
    );
    expect(required).toContain('Counter');
    expect(imported).toEqual([...required, 'default'].sort());
  });
});

describe.each(['cjs', 'mjs'] as const)("the README's first example as .%s", (kind) => {
  test('counts over all workers', async () => {
    const { scrapes, stderr } = await serve(withBinary, kind, 40);
    expect(new Set(scrapes).size).toBe(1);
    expect(scrapes[0]).toContain('http_requests_total{url="/"} 40');
    expect(stderr()).toBe('');
  });

  test('runs without the platform package, with one warning in each process', async () => {
    const { scrapes, stderr } = await serve(withoutBinary, kind, 40);
    const counts = new Set(
      scrapes.map((text) =>
        Number(/^http_requests_total\{url="\/"\} (\d+)$/m.exec(text)?.[1] ?? 0),
      ),
    );
    expect([...counts].every((count) => count <= 40)).toBe(true);
    expect(Math.max(...counts)).toBeGreaterThan(0);
    const warnings = warningsByProcess(stderr());
    expect(warnings.size).toBeGreaterThan(0);
    expect([...warnings.values()].filter((lines) => lines.length !== 1)).toEqual([]);
  });
});

test('without the platform package one process prints exactly one warning', () => {
  const code = `
    const { Counter, Gauge, Registry, register } = require('mpmetrics');
    new Counter({ name: 'a_total', help: 'a' }).inc();
    new Gauge({ name: 'b', help: 'b' }).set(2);
    new Gauge({ name: 'c', help: 'c', registers: [new Registry()] }).set(3);
    register.metrics().then(console.log);
  `;
  const done = spawnSync(process.execPath, ['-e', code], {
    cwd: withoutBinary,
    env: environment,
    encoding: 'utf8',
  });
  expect(done.stdout).toContain('a_total 1\n');
  expect(done.stdout).toContain('b 2\n');
  expect(done.stderr.match(/\(node:\d+\)/g)).toHaveLength(1);
  expect(done.stderr).toContain('mpmetrics-linux-x64-gnu is not installed');
  expect(done.stderr).toContain('npm install --os=linux --cpu=x64 --libc=glibc');
  expect(done.status).toBe(0);
});

test(
  `${KILLS} writers killed at random moments, on the packed binary`,
  { timeout: LIMIT + PATIENCE },
  async () => {
    for (const [name, text] of Object.entries(FILES)) {
      writeFileSync(join(withBinary, name), text);
    }
    const child = spawn(process.execPath, ['killer.js', ...killerArguments(KILLS)], {
      cwd: withBinary,
      env: { ...environment, MPMETRICS_DIR: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    running.push(child);
    const program = new Program(child);
    await expectKept(program, KILLS);
    expect(await program.ended).toBe(0);
    // The program has ended, so `afterEach` must not kill it.
    running.splice(running.indexOf(child), 1);
  },
);
