/** The package in users' tests: fake timers of sinon, Jest and Vitest, stubs, mocks, and modules that Jest reloads. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { installFixture } from '../support/fixture';
import { patient } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';

const call = promisify(execFile);
const root = join(__dirname, '..', '..');
const oracle = createRequire(__filename).resolve('prom-client');
const segments = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mpmetrics-test-'),
);

let project: string;
let modules: string;

beforeAll(async () => {
  const folder = await installFixture('environments');
  project = join(folder, 'project');
  modules = join(folder, 'node_modules');
  cpSync(join(__dirname, 'project'), project, { recursive: true });
});
afterAll(() => {
  rmSync(segments, { recursive: true, force: true });
});

/** Runs a program with Node.js; rejects, with all that it printed, if it does not exit with 0. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const options = {
    cwd: project,
    env: plainEnvironment({ MPMETRICS_DIR: segments, ...env }),
    timeout: patient(60_000),
  };
  return call(process.execPath, args, options).catch((error: unknown) => {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')} failed: ${stdout} ${stderr}`);
  });
}

/** Returns the output of prom-client under sinon's fake timers: see `clock.cjs`. */
async function expected(): Promise<string> {
  return (await run(['sinon.cjs', oracle])).stdout;
}

/** Variables that choose a storage, for a runner. */
const STORAGES: Record<string, (runner: string) => Record<string, string>> = {
  // This variable makes the package choose memory storage. Jest and Vitest set such a variable themselves.
  'memory storage': () => ({ JEST_WORKER_ID: '1' }),
  'heap storage': (runner) => ({ MPMETRICS_SEGMENT: join(segments, `${runner}.heap`) }),
};

const RUNNERS: Record<string, (client: string, env: Record<string, string>) => Promise<void>> = {
  sinon: async (client, env) => {
    const { stdout } = await run(['sinon.cjs', client], env);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await expected()));
  },
  Jest: (client, env) => jest('told', client, env),
  Vitest: async (client, env) => {
    const cli = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const more = { ...env, CLIENT: client, EXPECTED: await expected() };
    const { stdout } = await run([cli, 'run', '--root', project], more);
    expect(stdout).toContain('1 passed');
  },
};

async function jest(file: string, client: string, env: Record<string, string>): Promise<void> {
  const cli = join(modules, 'jest', 'bin', 'jest.js');
  const more = { ...env, CLIENT: client, EXPECTED: await expected() };
  const match = ['--testMatch', `**/${file}.jest.cjs`];
  await run(
    [cli, '--rootDir', project, '--colors=false', '--cacheDirectory', segments, ...match],
    more,
  );
}

describe.each(Object.keys(RUNNERS))('under the fake timers of %s', (name) => {
  test('prom-client, the oracle, shows the same as under sinon', () => RUNNERS[name]!(oracle, {}));

  test.each(Object.keys(STORAGES))('%s shows the same as prom-client', async (storage) => {
    await RUNNERS[name]!('mpmetrics', STORAGES[storage]!(name));
    expect(existsSync(join(segments, `${name}.heap`))).toBe(storage === 'heap storage');
  });
});

describe('modules that Jest reloads', () => {
  test.each(['prom-client', 'mpmetrics'])('%s starts from zero', async (client) => {
    await jest('reset', client === 'prom-client' ? oracle : client, {});
  });
});

describe('exports and methods that tests replace', () => {
  test("sinon's stubs and spies see the same as with prom-client", async () => {
    const [theirs, ours] = await Promise.all([
      run(['stubs.cjs', oracle]),
      run(['stubs.cjs', 'mpmetrics']),
    ]);
    expect(JSON.parse(ours.stdout)).toEqual(JSON.parse(theirs.stdout));
  });

  test.each(['prom-client', 'mpmetrics'])('Jest mocks %s', async (client) => {
    await jest('mocks', client === 'prom-client' ? oracle : client, {});
  });
});
