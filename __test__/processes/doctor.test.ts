/** `npx mpmetrics doctor` on applications as users have them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** The type of tmpfs: see statfs(2). */
const TMPFS = 0x01021994;

const root = join(__dirname, '..', '..');

function application(manifest: object, packages: Record<string, object> = {}): Application {
  const app = new Application({ 'package.json': JSON.stringify(manifest) });
  made.push(app);
  for (const [path, one] of Object.entries(packages)) {
    const file = join(app.folder, 'node_modules', path, 'package.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(one));
  }
  return app;
}

function doctor(app: Application, env: Record<string, string> = {}, args = ['doctor']) {
  const cli = join(root, 'dist', 'cli.js');
  const options = { cwd: app.folder, env: app.environment(env), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], options);
  return { status, stdout, stderr };
}

const TWO = {
  'prom-client': { name: 'prom-client', version: '15.1.3' },
  bundle: { name: 'bundle', version: '8.0.0', peerDependencies: { 'prom-client': '>=15' } },
  '@scope/one': {
    name: '@scope/one',
    version: '1.0.0',
    dependencies: { '@prometheus-io/client': '^0.16.1' },
  },
  '@scope/one/node_modules/@prometheus-io/client': {
    name: '@prometheus-io/client',
    version: '0.16.1',
  },
};

test('names each client, the packages that ask for it, and the change for each package manager', () => {
  const app = application(
    { name: 'shop', dependencies: { 'prom-client': '^15.0.0', bundle: '8' } },
    TWO,
  );
  const { status, stdout, stderr } = doctor(app);
  expect([status, stderr]).toEqual([3, '']);
  expect(stdout).toMatch(
    /\nVerdict: this machine is well, but @prometheus-io\/client and prom-client are not answered by mpmetrics: .*\n$/,
  );
  expect(stdout).toContain(`prom-client 15.1.3, in ${app.folder}`);
  expect(stdout).toContain(
    `@prometheus-io/client 0.16.1, in ${app.folder}/node_modules/@scope/one/`,
  );
  expect(stdout).toContain('this application asks for prom-client ^15.0.0');
  expect(stdout).toContain('bundle@8.0.0 asks for prom-client >=15');
  expect(stdout).toContain('@scope/one@1.0.0 asks for @prometheus-io/client ^0.16.1');
  expect(stdout).toMatch(/The native module for linux-x64-gnu works\./);
  expect(stdout).toContain(`Shared memory works: metrics would be in ${app.segmentsIn}`);
  expect(stdout).toContain('node --import mpmetrics/register app.js');
  const change = (manager: string): unknown => {
    const block = new RegExp(`^  with ${manager}:\\n((?:    .*\\n)+)`, 'm').exec(stdout)![1]!;
    return JSON.parse(`{${block}}`);
  };
  const alias = expect.stringMatching(/^npm:mpmetrics@\^15\.\d+\.\d+$/) as string;
  expect(change('npm')).toEqual({
    dependencies: { 'prom-client': alias },
    overrides: { 'prom-client': '$prom-client', '@prometheus-io/client': alias },
  });
  expect(change('pnpm')).toEqual({
    dependencies: { 'prom-client': alias },
    pnpm: { overrides: { 'prom-client': alias, '@prometheus-io/client': alias } },
  });
  expect(change('yarn')).toEqual({
    dependencies: { 'prom-client': alias },
    resolutions: { 'prom-client': alias, '@prometheus-io/client': alias },
  });
  expect(stdout).toContain('MPMETRICS_SCOPE=process');
  expect(app.segments()).toEqual([]);
});

test('the alias takes the place of a client in the field that names it', () => {
  const manifest = {
    name: 'shop',
    devDependencies: { 'prom-client': '15' },
    optionalDependencies: { '@prometheus-io/client': '0.16' },
  };
  const { stdout } = doctor(application(manifest, TWO));
  const block = /^ {2}with npm:\n((?: {4}.*\n)+)/m.exec(stdout)![1]!;
  const alias = expect.stringMatching(/^npm:mpmetrics@/) as string;
  expect(JSON.parse(`{${block}}`)).toEqual({
    devDependencies: { 'prom-client': alias },
    optionalDependencies: { '@prometheus-io/client': alias },
    overrides: {
      'prom-client': '$prom-client',
      '@prometheus-io/client': '$@prometheus-io/client',
    },
  });
});

test('reports no problem if prom-client is an alias of mpmetrics', () => {
  const app = application({
    name: 'shop',
    dependencies: { 'prom-client': 'npm:mpmetrics@^15.2.0' },
  });
  symlinkSync(root, join(app.folder, 'node_modules', 'prom-client'));
  const { status, stdout } = doctor(app);
  expect(stdout).toMatch(/prom-client is mpmetrics 15\.\d+\.\d+, in /);
  expect(stdout).not.toContain('overrides');
  expect(stdout).toMatch(/\nVerdict: all is well: processes and threads share their metrics\.\n$/);
  expect(status).toBe(0);
});

test.each([
  ['a script', { scripts: { start: 'node --import mpmetrics/register app.js' } }, {}],
  ['NODE_OPTIONS', {}, { NODE_OPTIONS: '--require=mpmetrics/register' }],
])('reports no problem if %s loads mpmetrics/register', (_, manifest, env) => {
  const app = application({ name: 'shop', ...manifest }, TWO);
  const { status, stdout } = doctor(app, env);
  expect(stdout).toMatch(
    /\nVerdict: all is well: .*, and mpmetrics\/register answers @prometheus-io\/client and prom-client\.\n$/,
  );
  expect(status).toBe(0);
});

test('finds packages that pnpm installed', () => {
  const store = '.pnpm/prom-client@15.1.3/node_modules/prom-client';
  const app = application({ name: 'shop' }, { [store]: TWO['prom-client'] });
  const { status, stdout } = doctor(app);
  expect(stdout).toContain(`prom-client 15.1.3, in ${app.folder}/node_modules/.pnpm/`);
  // The application itself does not depend on prom-client, so an override suffices: its dependencies need no change.
  expect(stdout).toMatch(
    /with npm:\n {4} {2}"overrides": \{\n {4} {4}"prom-client": "npm:mpmetrics@/,
  );
  expect(status).toBe(3);
});

test('says why there is no native module', () => {
  const { status, stdout } = doctor(application({}), { MPMETRICS_NATIVE: '/nowhere/x.node' });
  expect(stdout).toContain(
    'The native module cannot be used: MPMETRICS_NATIVE names /nowhere/x.node',
  );
  expect(stdout).toMatch(/\nVerdict: not well: .*\n$/);
  expect(status).toBe(1);
});

test('says that shared memory lies on a disk, or cannot be used', () => {
  const app = application({});
  const disk = join(app.folder, 'segments');
  mkdirSync(disk);
  const { status, stdout } = doctor(app, { MPMETRICS_DIR: disk });
  const inMemory = statfsSync(disk).type === TMPFS;
  expect(stdout).toContain(
    inMemory
      ? `Shared memory works: metrics would be in ${disk}`
      : `Shared memory lies on a disk (${disk}`,
  );
  expect(stdout.includes('make /dev/shm writable')).toBe(!inMemory);
  expect(status).toBe(inMemory ? 0 : 1);
  const denied = doctor(app, { MPMETRICS_SEGMENT: '/proc/none/x.heap' });
  expect(denied.stdout).toContain('Shared memory cannot be used: ');
  expect(denied.status).toBe(1);
});

/** The doctor's sentences about what will differ from prom-client. */
function different(app: Application): string[] {
  const { stdout } = doctor(app);
  return stdout
    .slice(stdout.indexOf('What will differ'), stdout.indexOf('\n\nVerdict: '))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

test('lists the differences that concern the packages which are installed and used', () => {
  const plain = different(application({}));
  expect(plain).toHaveLength(4);
  const full = application(
    { name: 'shop', dependencies: { 'prom-client': '15' }, devDependencies: { jest: '30' } },
    TWO,
  );
  mkdirSync(join(full.folder, 'src'));
  // A broken link hides none of the files beside it.
  symlinkSync('missing', join(full.folder, 'src', 'a.ts'));
  const deep = `import { AggregatorRegistry } from 'prom-client'; require('prom-client/lib/exemplar');`;
  writeFileSync(join(full.folder, 'src', 'metrics.ts'), deep);
  const dependency = join(full.folder, 'node_modules', 'bundle', 'index.js');
  writeFileSync(
    dependency,
    `const { Summary } = require('prom-client'); require('prom-client/lib/util');`,
  );
  const other = join(full.folder, 'node_modules', 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'package.json'), '{"name":"other"}');
  writeFileSync(join(other, 'index.js'), `require('prom-client').collectDefaultMetrics();`);
  expect(different(full)).toEqual([
    ...plain,
    `prom-client/lib/exemplar is not there, and ${join(full.folder, 'src', 'metrics.ts')} asks for it.`,
    expect.stringMatching(/^clusterMetrics\(\)/),
    expect.stringMatching(/^Quantiles/),
    'counter.inc() returns nothing.',
    expect.stringMatching(/^Under test runners/),
  ]);
  const old = { 'prom-client': { name: 'prom-client', version: '14.2.0' } };
  expect(different(application({}, old))[4]).toContain('14.2.0');
  const alone = 'It leaves prom-client';
  const { stdout: told } = doctor(application({}, old));
  expect(told).not.toContain(alone);
  const oldest = { name: 'shop', dependencies: { 'prom-client': '12' } };
  const version = { name: 'prom-client', version: '12.0.0' };
  expect(doctor(application(oldest, { 'prom-client': version })).stdout).toContain(
    `${alone} 12.0.0 alone, which this application asks for: before version 13 metrics()`,
  );
  const platformatic = { name: '@platformatic/prom-client', version: '1.0.0' };
  expect(different(application({}, { [platformatic.name]: platformatic }))[4]).toContain(
    platformatic.name,
  );
});

test('takes a folder, prints its usage and version, and refuses wrong arguments', () => {
  const app = application({ name: 'shop' });
  expect(doctor(app, {}, ['doctor', root]).stdout).toContain('mpmetrics');
  expect(doctor(app, {}, ['doctor', '/nowhere'])).toMatchObject({
    status: 2,
    stdout: 'There is no package.json in /nowhere.\n',
  });
  expect(doctor(app, {}, ['--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^usage: /),
  });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const flag of ['--version', '-v']) {
    expect(doctor(app, {}, [flag])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  }
  for (const args of [[], ['nurse'], ['doctor', 'a', 'b']]) {
    expect(doctor(app, {}, args)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^usage: /),
    });
  }
  expect(doctor(app, {}, ['--wrong'])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^mpmetrics: .*--wrong/),
  });
});
