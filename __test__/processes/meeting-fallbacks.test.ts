/** If no segment can be shared, the package warns once and says why, and everything else works. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application, type Program, type Report } from '../support/application';

let app: Application;

beforeEach(() => {
  app = new Application({
    'app.js': `require('./report').arrive(process.argv[2] ?? 'x').then(() => process.disconnect?.());`,
    // Runs steps: `count` counts; others are settings for configure(), and print `taken` or the error that it throws.
    'configured.js': `
      const mpmetrics = require('mpmetrics');
      const { count, show } = require('./report');
      for (const step of JSON.parse(process.argv[2])) {
        if (step === 'count') { count('x'); continue; }
        try { mpmetrics.configure(step); console.log('taken'); }
        catch (error) { console.log(error.code + ': ' + error.message); }
      }
      count('x');
      show('x');`,
  });
});

afterEach(() => {
  app.remove();
});

async function report(program: Program): Promise<Report> {
  const [only] = (await program.reports(1)).values();
  expect(await program.ended).toBe(0);
  return only!;
}

/** Codes of the warnings, one per warning. */
function warnings(program: Program): string[] {
  return [...program.errors.matchAll(/\[(MPMETRICS_\w+)\]/g)].map(([, code]) => code!);
}

function configured(steps: unknown[], env: Record<string, string> = {}): Program {
  return app.run('configured.js', { args: [JSON.stringify(steps)], env });
}

test.each(['JEST_WORKER_ID', 'VITEST'])('under %s metrics stay in memory', async (variable) => {
  const env = { [variable]: '1' };
  const plain = app.run('app.js', { env });
  expect(await report(plain)).toMatchObject({ path: null, seen: { x: 1 } });
  expect(plain.errors).toBe('');
  const named = app.run('app.js', { env: { ...env, MPMETRICS_SEGMENT: 'said-so' } });
  expect((await report(named)).path).toMatch(/said-so\.heap$/);
  const told = configured([{ storage: 'heap' }], env);
  expect(await told.line()).toBe('taken');
  expect((await report(told)).path).toMatch(/\.heap$/);
});

test('configure({ storage: memory }) makes no segment and gives no warning', async () => {
  const program = configured([{ storage: 'memory' }]);
  expect(await program.line()).toBe('taken');
  expect(await report(program)).toMatchObject({ path: null, seen: { x: 1 } });
  expect(app.segments()).toEqual([]);
  expect(program.errors).toBe('');
});

test('a corrupt segment that the user named gives a warning with its path, or an error if required', async () => {
  const path = join(app.segmentsIn, 'mine');
  writeFileSync(path, 'no heap at all'.repeat(1000), { mode: 0o600 });
  const program = app.run('app.js', { env: { MPMETRICS_SEGMENT: path } });
  expect(await report(program)).toMatchObject({ path: null, seen: { x: 1 } });
  expect(warnings(program)).toEqual(['MPMETRICS_MEMORY']);
  expect(program.errors).toContain(path);
  const strict = configured([{ segment: path, required: true }]);
  expect(await strict.line()).toMatch(/^ERR_MPMETRICS_(CORRUPT|VERSION): .*\/mine: /);
  // After the error, the program goes on as if configure() had not been called.
  expect((await report(strict)).path).toMatch(/[0-9a-f]{32}\.heap$/);
  expect(strict.errors).toBe('');
});

test('a segment that other users can read is refused', async () => {
  const path = join(app.segmentsIn, 'mine');
  await report(app.run('app.js', { env: { MPMETRICS_SEGMENT: path } }));
  chmodSync(path, 0o644);
  const program = app.run('app.js', { env: { MPMETRICS_SEGMENT: path } });
  expect((await report(program)).path).toBe(null);
  expect(program.errors).toContain(`${path} is not safe to use: its mode lets other users in`);
  const strict = configured([{ segment: path, required: true }]);
  expect(await strict.line()).toMatch(/^ERR_MPMETRICS_UNSAFE: /);
  await strict.ended;
});

test('configure() after the first metric may not change the segment', async () => {
  const program = configured(['count', { collectTimeout: 5 }, { segment: 'late' }, { gid: 1 }]);
  expect(await program.line()).toBe('taken');
  const late =
    /^ERR_MPMETRICS_INVALID: configure\({ segment }\) must come before .*\.heap is in use$/;
  expect(await program.line()).toMatch(late);
  expect(await program.line()).toMatch(/configure\({ gid }\) must come before the first metric/);
  expect((await report(program)).seen).toEqual({ x: 2 });
  const same = configured([{ segment: 'one' }, 'count', { segment: 'one', required: true }]);
  expect(await same.line()).toBe('taken');
  expect(await same.line()).toBe('taken');
  expect((await report(same)).path).toMatch(/one\.heap$/);
});

test('a file in place of the segment directory is ignored, with a warning if the user named its parent', async () => {
  const uid = process.geteuid!();
  writeFileSync(join(app.segmentsIn, `mpmetrics-${uid}`), 'in the way');
  const program = app.run('app.js');
  const { path } = await report(program);
  expect(path).toMatch(/^\/dev\/shm\/mpmetrics-\d+\//);
  expect(warnings(program)).toEqual(['MPMETRICS_CONFIG']);
  expect(program.errors).toContain(`${app.segmentsIn}: `);
  expect(program.errors).toContain(path);
});

test('wrong values of environment variables are ignored, with a warning', async () => {
  const env = { MPMETRICS_SEGMENT: 'Not/A/Name', MPMETRICS_INHERIT: '{"name":"../../x"}' };
  const program = app.run('app.js', { env });
  expect((await report(program)).path).toMatch(/\/[0-9a-f]{32}\.heap$/);
  expect(warnings(program)).toEqual(['MPMETRICS_CONFIG']);
  expect(program.errors).toContain('"Not/A/Name"');
  const relative = app.run('app.js', { env: { MPMETRICS_DIR: 'here' } });
  expect((await report(relative)).path).toMatch(/^\/dev\/shm\//);
  expect(warnings(relative)).toEqual(['MPMETRICS_CONFIG']);
});

/** Runs `app.js` in a mount namespace, after a shell command that changes /dev/shm there. */
function withShm(prepare: string, env: Record<string, string>): Program {
  writeFileSync(
    join(app.folder, 'namespace.js'),
    `const { spawn } = require('node:child_process');
     const script = ${JSON.stringify(`${prepare} && exec "$0" app.js`)};
     const args = ['--mount', 'sh', '-c', script, process.execPath];
     spawn('unshare', args, { stdio: 'inherit' }).on('exit', (code) => (process.exitCode = code));`,
  );
  return app.run('namespace.js', { env });
}

const mounting = test.skipIf(lacks('CAP_SYS_ADMIN') || lacks('util-linux'));

mounting('without a directory in memory, one on a disk is used, with a warning', async () => {
  const temporary = mkdtempSync('/var/tmp/mpmetrics-disk-');
  const program = withShm('mount -t proc none /dev/shm', {
    MPMETRICS_DIR: '',
    XDG_RUNTIME_DIR: '/nowhere',
    TMPDIR: temporary,
  });
  try {
    const { path, seen } = await report(program);
    expect(path).toContain(temporary);
    expect(seen).toEqual({ x: 1 });
    expect(warnings(program)).toEqual(['MPMETRICS_DISK']);
  } finally {
    rmSync(temporary, { recursive: true });
  }
});

mounting('without any directory metrics stay in memory, with a warning', async () => {
  const program = withShm('mount -t proc none /dev/shm', {
    MPMETRICS_DIR: '/nowhere/at/all',
    XDG_RUNTIME_DIR: '',
    TMPDIR: '/proc',
  });
  expect(await report(program)).toMatchObject({ path: null, seen: { x: 1 } });
  expect(warnings(program)).toEqual(['MPMETRICS_MEMORY']);
  for (const tried of ['/nowhere/at/all', '/dev/shm', '/proc']) {
    expect(program.errors).toContain(tried);
  }
});

test.skipIf(lacks('root'))(
  'workers of setupPrimary({ uid }) warn once each, unless the segment belongs to a group',
  async () => {
    const [uid, gid] = [65534, 65533];
    chmodSync(app.segmentsIn, 0o1777);
    chmodSync(app.folder, 0o755);
    writeFileSync(
      join(app.folder, 'cluster.js'),
      `const cluster = require('node:cluster');
     const [, , shared] = process.argv;
     if (shared) require('mpmetrics').configure({ gid: ${gid}, mode: 0o660 });
     const { arrive } = require('./report');
     const names = shared ? ['primary', 'w1', 'w2'] : [];
     if (cluster.isPrimary) {
       cluster.setupPrimary({ uid: ${uid}, gid: ${gid} });
       for (const WHO of ['w1', 'w2']) cluster.fork({ WHO });
       arrive('primary', names);
     } else {
       cluster.worker.exitedAfterDisconnect = true;
       arrive(process.env.WHO, shared ? names : ['w1', 'w2']).then(() => process.disconnect());
     }`,
    );
    const alone = app.run('cluster.js');
    const reports = await alone.reports(3);
    expect(await alone.ended).toBe(0);
    expect(reports.get('primary')?.seen).toEqual({ primary: 1 });
    expect(reports.get('w1')?.seen).toEqual({ w1: 1, w2: 1 });
    // One warning of each worker.
    expect(warnings(alone)).toEqual(['MPMETRICS_ACCESS', 'MPMETRICS_ACCESS']);
    expect(alone.errors).toContain(`runs as user ${uid}`);
    const together = app.run('cluster.js', { args: ['shared'] });
    const met = await together.reports(3);
    expect(await together.ended).toBe(0);
    for (const one of met.values()) expect(one.seen).toEqual({ primary: 1, w1: 1, w2: 1 });
    expect(warnings(together)).toEqual([]);
    expect(readdirSync(app.segmentsIn)).toContain(`mpmetrics-g${gid}`);
  },
);
