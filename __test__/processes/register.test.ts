/** With `mpmetrics/register`, an unmodified program that loads prom-client gets this package. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { MAJORS, nodePath } from '../../scripts/nodes.mjs';
import { Application } from '../support/application';
import { patient } from '../support/patience.mjs';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const root = join(__dirname, '..', '..');
/** An application that loads prom-client in every way, and whose dependency has a copy of its own. */
function application(): Application {
  const app = new Application({
    'tell.js': source('processes/register/tell.cjs'),
    'main.js': source('processes/register/main.cjs'),
    'main.mjs': source('processes/register/main.mjs'),
    'thread.js': `require('./tell').tell('thread', require('prom-client'))`,
    'thread.mjs': `import client from 'prom-client'; import tool from './tell.js'; tool.tell('threadModule', client);`,
    'forked.js': `require('./tell').tell('forked', require('prom-client')); process.once('message', () => process.exit()); process.send('ready');`,
    'spawned.mjs': `import client from 'prom-client'; import tool from './tell.js'; tool.tell('spawned', client); process.stdin.once('data', () => process.exit());`,
    'children.js': source('processes/register/children.cjs'),
  });
  made.push(app);
  const dependency = join(app.folder, 'node_modules', 'dependency');
  mkdirSync(join(dependency, 'node_modules', 'prom-client'), { recursive: true });
  writeFileSync(join(dependency, 'package.json'), '{"name":"dependency","version":"1.0.0"}');
  writeFileSync(
    join(dependency, 'index.js'),
    `module.exports = async () => require('../../tell').tell('dependency', require('prom-client'), (await import('prom-client')).default === require('prom-client'));`,
  );
  const theirs = join(dependency, 'node_modules', 'prom-client');
  writeFileSync(join(theirs, 'package.json'), '{"name":"prom-client","version":"14.0.0"}');
  writeFileSync(
    join(theirs, 'index.js'),
    `throw new Error('the copy of the dependency was loaded');`,
  );
  symlinkSync(
    join(root, 'node_modules', 'prom-client'),
    join(app.folder, 'node_modules', 'prom-client'),
  );
  return app;
}

const EXPECTED = [
  ['commonjs', true, true, true, 'prom-client'],
  ['module', true, true, true],
  ['dependency', true, true],
  ['thread', true],
  ['threadModule', true],
  ['forked', true],
  ['spawned', true],
];

/** This Node.js, and those that `scripts/nodes.mjs` installs. */
const NODES = [process.execPath, ...MAJORS.map(nodePath)];

describe.each(NODES)('%s', (node) => {
  const here = test.skipIf(node !== process.execPath && lacks('Node.js 22, 24 and 26'));
  here.each([
    ['--import', 'mpmetrics/register'],
    ['--require', 'mpmetrics/register'],
  ])('with %s %s, every load of prom-client yields mpmetrics', (flag, name) => {
    const app = application();
    const done = spawnSync(node, [flag, name, 'main.js'], {
      cwd: app.folder,
      env: app.environment(),
      encoding: 'utf8',
      timeout: patient(50_000),
    });
    const lines = done.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect([done.stderr, lines.slice(0, -1)]).toEqual(['', EXPECTED]);
    const counted = lines.at(-1) as string[];
    expect(counted).toEqual(EXPECTED.map(([who]) => who).sort());
  });
});

describe.each(NODES)('%s, with a prom-client below 13', (node) => {
  const here = test.skipIf(node !== process.execPath && lacks('Node.js 22, 24 and 26'));
  here.each(['--import', '--require'])(
    '%s does not replace it, and warns once of each package that asks for it',
    (flag) => {
      const app = new Application({
        'node_modules/prom-client/package.json': '{"name":"prom-client","version":"12.0.0"}',
        'node_modules/prom-client/index.js': `
          exports.register = { metrics: () => 'sync' };
          exports.inner = require('./lib/registry').version;`,
        'node_modules/prom-client/lib/registry.js': `exports.version = 12;`,
        'node_modules/old/package.json': '{"name":"old","version":"1.2.3"}',
        'node_modules/old/lib/index.js': `
          const { register, inner } = require('prom-client');
          exports.seen = [register.metrics(), inner, require('prom-client/lib/registry').version];`,
        'node_modules/esm/package.json': '{"name":"esm","version":"3.2.1","type":"module"}',
        'node_modules/esm/index.js': `
          import client from 'prom-client';
          import '@prometheus-io/client';
          export const seen = client.register.metrics();`,
        'node_modules/new/package.json': '{"name":"new","version":"1.0.0"}',
        'node_modules/new/index.js': `exports.seen = 'metricsHandler' in require('prom-client');`,
        'node_modules/new/node_modules/prom-client/package.json':
          '{"name":"prom-client","version":"13.0.0"}',
        'node_modules/new/node_modules/prom-client/index.js': `throw new Error('loaded');`,
        // A package that npm installed as `prom-client`, by an alias, is another package, whatever its version.
        'node_modules/other/package.json': '{"name":"other","version":"1.0.0"}',
        'node_modules/other/index.js': `exports.seen = 'metricsHandler' in require('prom-client');`,
        'node_modules/other/node_modules/prom-client/package.json':
          '{"name":"@prometheus-io/client","version":"0.16.0"}',
        'node_modules/other/node_modules/prom-client/index.js': `throw new Error('loaded');`,
        'main.js': `
          (async () => {
            const again = require('node:module').createRequire(require.resolve('old/lib/index.js'));
            again('prom-client');
            console.log(JSON.stringify([
              require('old/lib/index.js').seen,
              (await import('esm')).seen,
              require('new').seen,
              require('other').seen,
              require('prom-client').register.metrics(),
            ]));
          })();`,
      });
      made.push(app);
      const done = spawnSync(node, [flag, 'mpmetrics/register', 'main.js'], {
        cwd: app.folder,
        env: app.environment(),
        encoding: 'utf8',
        timeout: patient(50_000),
      });
      const warned = [...done.stderr.matchAll(/MPMETRICS_REGISTER\] \S+ (.*?) and gets it/g)];
      const asking = warned.map(([, who]) =>
        who!.replace(app.folder, '').replace(/mpmetrics-app-\w+/, 'app'),
      );
      expect({ out: done.stdout, err: done.stderr }).toMatchObject({
        out: '[["sync",12,12],"sync",true,true,"sync"]\n',
      });
      expect(asking.sort()).toEqual([
        'app asks for prom-client 12.0.0',
        'esm@3.2.1 asks for prom-client 12.0.0',
        'old@1.2.3 asks for prom-client 12.0.0',
      ]);
    },
  );
});

test("the user's NODE_OPTIONS stay, and the package's path may have quotes and spaces", () => {
  const app = application();
  const folder = join(app.folder, 'with "quotes" and spaces');
  symlinkSync(root, folder);
  writeFileSync(
    join(app.folder, 'options.js'),
    `console.log(process.env.NODE_OPTIONS);
     const { spawnSync } = require('node:child_process');
     const code = "console.log('metricsHandler' in require('prom-client'), process.env.NODE_OPTIONS)";
     console.log(String(spawnSync(process.execPath, ['--preserve-symlinks-main', '-e', code]).stdout));`,
  );
  const args = ['--preserve-symlinks', '--require', join(folder, 'dist', 'register'), 'options.js'];
  const done = spawnSync(process.execPath, args, {
    cwd: app.folder,
    env: app.environment({ NODE_OPTIONS: '--no-deprecation' }),
    encoding: 'utf8',
  });
  const [options, child] = done.stdout.split('\n');
  expect([options, child, done.stderr]).toEqual([
    expect.stringMatching(
      /^--no-deprecation --require ".*with \\"quotes\\" and spaces\/dist\/register\/index\.js"$/,
    ),
    // The child loads the package by its real path, and adds that path.
    expect.stringContaining(`true ${options} --require `),
    '',
  ]);
});

test('without mpmetrics/register the program gets prom-client, so the tests above can fail', () => {
  const app = application();
  const args = ['-e', "console.log('metricsHandler' in require('prom-client'))"];
  const done = spawnSync(process.execPath, args, { cwd: app.folder, encoding: 'utf8' });
  expect(done.stdout).toBe('false\n');
});
