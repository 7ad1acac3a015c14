/** A Next.js application with standalone output, built with the settings that README.md gives. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { Program } from '../support/application';
import { freePort } from '../support/free-port';
import { npm } from '../support/npm';
import { plainEnvironment } from '../support/plain-environment';
import { source } from '../support/programs';

const root = join(__dirname, '..', '..');
const NEXT = '16.4.6';
const PACKAGES = [`next@${NEXT}`, 'react@19.2.0', 'react-dom@19.2.0'];
/** The folder in which the application is built. Next.js stays installed there, because it is large. */
const app = join(root, '.cache', 'next');
const platform = 'mpmetrics-linux-x64-gnu';
/** The deployed application: outside of the repository, so that no `node_modules` above it is found. */
const deployed = mkdtempSync(join(tmpdir(), 'mpmetrics-next-'));
const segments = mkdtempSync(join('/dev/shm', 'mpmetrics-test-'));

/** The two settings, as README.md has them. */
function settings(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const found = ['serverExternalPackages', 'outputFileTracingIncludes'].map(
    (name) => new RegExp(`\`(${name}: .*)\``).exec(readme)?.[1],
  );
  return found.join(', ');
}

beforeAll(async () => {
  const environment = plainEnvironment({ NEXT_TELEMETRY_DISABLED: '1', CI: '1' });
  const modules = join(app, 'node_modules');
  const manifest = join(modules, 'next', 'package.json');
  if (!existsSync(manifest) || !readFileSync(manifest, 'utf8').includes(`"version": "${NEXT}"`)) {
    mkdirSync(app, { recursive: true });
    writeFileSync(join(app, 'package.json'), '{"private":true}\n');
    await npm(app, ['install', '--no-audit', '--no-fund', '--no-save', ...PACKAGES], environment);
  }
  // Copies only package.json, `dist` and the platform's folder into `node_modules`.
  for (const name of ['mpmetrics', platform]) {
    rmSync(join(modules, name), { recursive: true, force: true });
  }
  for (const part of ['package.json', 'dist']) {
    cpSync(join(root, part), join(modules, 'mpmetrics', part), { recursive: true });
  }
  cpSync(join(root, 'npm', 'linux-x64-gnu'), join(modules, platform), { recursive: true });
  mkdirSync(join(app, 'app', 'metrics'), { recursive: true });
  writeFileSync(join(app, 'app', 'metrics', 'route.js'), source('package/next/route.mjs'));
  const common = `output: 'standalone', outputFileTracingRoot: import.meta.dirname`;
  writeFileSync(join(app, 'next.config.mjs'), `export default { ${common}, ${settings()} };\n`);
  rmSync(join(app, '.next'), { recursive: true, force: true });
  const next = join(modules, 'next', 'dist', 'bin', 'next');
  const env = { ...environment, MPMETRICS_DIR: segments };
  const build = new Program(spawn(process.execPath, [next, 'build'], { cwd: app, env }));
  const code = await build.ended;
  if (code !== 0) throw new Error(`next build ended with ${code}: ${build.errors}`);
  const output = join(app, '.next', 'standalone');
  cpSync(output, deployed, { recursive: true, verbatimSymlinks: true });
});

afterAll(() => {
  rmSync(deployed, { recursive: true, force: true });
  rmSync(segments, { recursive: true, force: true });
});

/** Starts the server. Returns its answers to two requests, how many segments it made, and its stderr. */
async function serve(): Promise<{ hits: string[]; shared: number; errors: string }> {
  const port = await freePort();
  const own = mkdtempSync(join(segments, 'run-'));
  const more = { PORT: String(port), HOSTNAME: '127.0.0.1', MPMETRICS_DIR: own };
  const server = new Program(
    spawn(process.execPath, ['server.js'], { cwd: deployed, env: plainEnvironment(more) }),
  );
  const hits: string[] = [];
  try {
    while (hits.length < 2) {
      if (server.child.exitCode !== null) throw new Error(`the server ended: ${server.errors}`);
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        hits.push(...(/^hits_total .*$/m.exec(await answer.text()) ?? ['none']));
      } catch {
        await sleep(50);
      }
    }
    const files = readdirSync(own, { recursive: true, encoding: 'utf8' });
    const shared = files.filter((name) => name.endsWith('.heap')).length;
    return { hits, shared, errors: server.errors };
  } finally {
    server.child.kill();
    await server.ended;
  }
}

const HITS = ['hits_total 1', 'hits_total 2'];

test('standalone output has the native module, and a request sees the count of the one before', async () => {
  expect(await serve()).toEqual({ hits: HITS, shared: 1, errors: '' });
});

test('without the native module the server warns and makes no segment', async () => {
  rmSync(join(deployed, 'node_modules', platform), { recursive: true });
  const { hits, shared, errors } = await serve();
  expect([hits, shared]).toEqual([HITS, 0]);
  expect(errors).toContain('MPMETRICS_MEMORY');
});
