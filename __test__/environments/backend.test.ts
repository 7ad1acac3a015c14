/** Backends that the environment chooses, of programs: what is found, with which configuration, and what is an error. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

let app: Application;

const program = (name: string): string => source(`environments/backend/${name}`);

beforeEach(() => {
  app = new Application({
    'app.js': program('count.cjs'),
    'own.cjs': program('own.cjs'),
    'slow.cjs': program('slow.cjs'),
    'threads.js': program('threads.cjs'),
    'store.cjs': program('store.cjs'),
    'buffering.js': program('buffering.cjs'),
    'described.test.mjs': program('described.mjs'),
    'map-backend.mjs': source('../examples/map-backend.mjs'),
    'node_modules/map-backend/index.mjs': source('../examples/map-backend.mjs'),
    'node_modules/map-backend/package.json': '{ "exports": "./index.mjs" }',
    'node_modules/own-backend/index.js': `exports.default = require('../../own.cjs');`,
    'sink.cjs': program('sink.cjs'),
    'nothing.cjs': `module.exports = { close() {} };`,
    'broken.cjs': `throw new Error('no licence');`,
    'own.json': '{ "url": "redis://user:secret@host:1/0", "size": 3 }',
    'wrong.json': '{\n  "size": 3,\n  "url": x\n}\n',
  });
});

afterEach(() => {
  app.remove();
});

interface Printed {
  name?: string;
  config?: object;
  rows?: string;
  told?: unknown[];
  code?: string;
  message?: string;
}

async function run(env: Record<string, string>): Promise<Printed & { errors: string }> {
  const running = app.run('app.js', { env });
  const printed = JSON.parse(await running.line()) as Printed;
  expect(await running.ended).toBe(0);
  return { ...printed, errors: running.errors };
}

const ALL = '0=0,1=1,2=2,3=3';
const FULL = { config: {}, rows: ALL, errors: '' };

describe('MPMETRICS_BACKEND', () => {
  test.each(['heap', 'memory', ''])('%j is one of this package', async (said) => {
    const FIRST = `globalThis.told = [];`;
    const seen = await run({ MPMETRICS_BACKEND: said, FIRST });
    expect(seen).toEqual({ name: said || 'heap', told: [], ...FULL });
  });

  test.each(['./own.cjs', 'own-backend'])('%s is a module', async (name) => {
    const told = ['initialize', {}, 'constructor', {}];
    expect(await run({ MPMETRICS_BACKEND: name })).toEqual({ name, told, ...FULL });
  });

  test('may be an absolute path, also of an ES module', async () => {
    const name = join(app.folder, 'map-backend.mjs');
    const seen = await run({ MPMETRICS_BACKEND: name });
    if ((process.features as { require_module?: boolean }).require_module === true) {
      expect(seen).toMatchObject({ name, rows: ALL });
    } else {
      expect(seen.errors).toContain('Import the module in the program, and pass its object');
    }
  });

  test.each([
    [
      './none.cjs',
      /the backend '\.\/none\.cjs' was not found: it was looked for in \/.*\/none\.cjs$/,
    ],
    ['no-backend', /'no-backend' was not found: it was looked for in \/.*node_modules, /],
    [
      './nothing.cjs',
      /'\.\/nothing\.cjs' must be an object with a method open \(a backend of cells\) or push/,
    ],
    ['./broken.cjs', /'\.\/broken\.cjs' \(\/.*\/broken\.cjs\) cannot be loaded: no licence$/],
  ])(
    '%s cannot be used: metrics stay in memory, with a warning, unless they are required',
    async (name, why) => {
      const env = { MPMETRICS_BACKEND: name };
      const { errors, ...rest } = await run(env);
      expect(rest).toEqual({ name: 'memory', config: {}, rows: ALL });
      expect(errors.match(/MPMETRICS_BACKEND\]/g)).toHaveLength(1);
      const [, message] =
        /Warning: the metrics of this process are kept in its own memory: (.*)/.exec(errors)!;
      expect(message).toMatch(why);
      for (const FIRST of ['mpmetrics.configure({ required: true })', 'mpmetrics.loadBackend()']) {
        const thrown = await run({ ...env, FIRST });
        expect(thrown.message).toMatch(why);
        expect(thrown.code).toBe('ERR_MPMETRICS_INVALID');
      }
    },
  );

  test('may be an engine, which is started', async () => {
    const name = './sink.cjs';
    const config = { intervalSeconds: 60 };
    const env = { MPMETRICS_BACKEND: name, MPMETRICS_BACKEND_CONFIG: JSON.stringify(config) };
    expect(await run(env)).toEqual({ name, config, rows: ALL, errors: '' });
    expect(readFileSync(join(app.folder, 'pushed.prom'), 'utf8')).toContain('c{a="3"} 3\n');
  });

  test('of this package has no configuration that could be wrong', async () => {
    const env = { MPMETRICS_BACKEND: 'memory', MPMETRICS_BACKEND_CONFIG: 'none.json' };
    expect(await run(env)).toEqual({ name: 'memory', ...FULL });
  });

  test('is less than what the program chooses, and more than MPMETRICS_STORAGE', async () => {
    const env = { MPMETRICS_BACKEND: './none.cjs' };
    for (const FIRST of [
      `mpmetrics.configure({ backend: './own.cjs' })`,
      `mpmetrics.loadBackend('./own.cjs')`,
    ]) {
      expect(await run({ ...env, FIRST })).toMatchObject({ name: './own.cjs', errors: '' });
    }
    const FIRST = `mpmetrics.configure({ storage: 'memory' })`;
    expect(await run({ ...env, FIRST })).toMatchObject({ name: 'memory', errors: '' });
    const both = { MPMETRICS_BACKEND: 'memory', MPMETRICS_STORAGE: 'heap' };
    expect(await run(both)).toMatchObject({ name: 'memory', errors: '' });
  });

  test('is read at the first metric, and again by loadBackend()', async () => {
    const FIRST = `
      process.env.MPMETRICS_BACKEND = './none.cjs';
      mpmetrics.backend();
      try { mpmetrics.loadBackend(); } catch { process.env.MPMETRICS_BACKEND = './own.cjs'; }
      mpmetrics.loadBackend();
      globalThis.told.push('loaded');`;
    const { name, told } = await run({ FIRST });
    expect([name, told?.at(-1)]).toEqual(['./own.cjs', 'loaded']);
  });

  test('configure() says at once that a module is not there', async () => {
    const FIRST = `mpmetrics.configure({ backend: './none.cjs' })`;
    expect(await run({ FIRST })).toMatchObject({ code: 'ERR_MPMETRICS_INVALID' });
  });
});

describe('MPMETRICS_BACKEND_CONFIG', () => {
  test.each([
    ['own.json', { url: 'redis://user:secret@host:1/0', size: 3 }],
    ['{ "password": "p", "size": 4 }', { password: 'p', size: 4 }],
  ])('%s is given to the class, and shown without passwords', async (said, config) => {
    const env = { MPMETRICS_BACKEND: './own.cjs', MPMETRICS_BACKEND_CONFIG: said };
    const seen = await run(env);
    expect(seen.told).toEqual(['initialize', config, 'constructor', config]);
    expect(JSON.stringify(seen.config)).toContain('***');
    expect(JSON.stringify(seen.config)).not.toMatch(/secret|"p"/);
    const FIRST = `mpmetrics.configure({ backendConfig: { size: 5 } })`;
    expect((await run({ ...env, FIRST })).config).toEqual({ size: 5 });
  });

  test.each(['{ "password": "hunter2", x }', '{ "password": hunter2 }', 'hidden.json'])(
    '%s is an error that shows nothing of the text',
    async (said) => {
      writeFileSync(join(app.folder, 'hidden.json'), 'hunter2');
      const env = { MPMETRICS_BACKEND: './own.cjs', MPMETRICS_BACKEND_CONFIG: said };
      const { errors } = await run(env);
      expect(errors).toMatch(/:1:\d+ is no JSON: \w/);
      const { message } = await run({ ...env, FIRST: 'mpmetrics.loadBackend()' });
      expect(errors + message!).not.toMatch(/hunter|word/);
    },
  );

  test.each([
    ['wrong.json', 'wrong.json:3:10 is no JSON: '],
    ['{ "size": 3', 'MPMETRICS_BACKEND_CONFIG:1:12 is no JSON: '],
    ['{ "a": [1, 2,, 3] }', 'MPMETRICS_BACKEND_CONFIG:1:14 is no JSON: '],
    ['none.json', /MPMETRICS_BACKEND_CONFIG names \/.*none\.json, which cannot be read: ENOENT/],
  ])('%s is an error', async (said, message) => {
    const env = { MPMETRICS_BACKEND: './own.cjs', MPMETRICS_BACKEND_CONFIG: said };
    const { errors, name } = await run(env);
    expect(name).toBe('memory');
    expect(errors).toMatch(message);
    const thrown = await run({ ...env, FIRST: 'mpmetrics.loadBackend()' });
    expect(thrown.code).toBe('ERR_MPMETRICS_INVALID');
    expect(thrown.message).toMatch(message);
  });
});

describe('MPMETRICS_CONFIG', () => {
  const settings = (all: object, name = 'settings.json'): string => {
    writeFileSync(join(app.folder, name), JSON.stringify(all));
    return name;
  };

  test('has settings of configure(), which count less than variables and the program', async () => {
    const backendConfig = { size: 1 };
    const MPMETRICS_CONFIG = settings({
      ...{ backend: './own.cjs', backendConfig, maxSeriesPerMetric: 3, overflow: 'other' },
    });
    const seen = await run({ MPMETRICS_CONFIG });
    expect(seen).toMatchObject({
      name: './own.cjs',
      config: backendConfig,
      rows: 'other=5,0=0,1=1',
    });
    const MPMETRICS_BACKEND = 'memory';
    expect((await run({ MPMETRICS_CONFIG, MPMETRICS_BACKEND })).name).toBe('memory');
    const FIRST = `mpmetrics.configure({ maxSeriesPerMetric: 9, storage: 'heap' })`;
    expect(await run({ MPMETRICS_CONFIG, FIRST })).toMatchObject({
      name: 'heap',
      rows: `other=0,${ALL}`,
    });
  });

  test('may begin with a byte order mark', async () => {
    const MPMETRICS_CONFIG = 'marked.json';
    writeFileSync(join(app.folder, MPMETRICS_CONFIG), '\uFEFF{"storage":"memory"}');
    expect(await run({ MPMETRICS_CONFIG })).toMatchObject({ name: 'memory', errors: '' });
  });

  test('has the segment', async () => {
    const segment = join(app.segmentsIn, 'named.heap');
    const MPMETRICS_CONFIG = settings({ segment });
    expect(await run({ MPMETRICS_CONFIG })).toMatchObject({ name: 'heap', errors: '' });
    expect(readFileSync(segment).length).toBeGreaterThan(0);
  });

  test.each([
    [{ maxSerie: 3 }, /settings\.json knows no setting "maxSerie"; there are /],
    [{ overflow: 'x' }, /overflow in \/.*settings\.json must be 'drop' or 'other', and is "x"/],
    [[], /settings\.json must have a JSON object, and has \[\]/],
  ])('%j is ignored with a warning, and thrown by loadBackend()', async (all, message) => {
    const MPMETRICS_CONFIG = settings(all);
    const { errors, rows } = await run({ MPMETRICS_CONFIG });
    expect([rows, errors.match(/MPMETRICS_CONFIG is ignored/g)]).toEqual([
      ALL,
      [expect.anything()],
    ]);
    expect(errors).toMatch(message);
    const thrown = await run({ MPMETRICS_CONFIG, FIRST: 'mpmetrics.loadBackend()' });
    expect(thrown.message).toMatch(message);
  });
});

describe('initialize()', () => {
  test('is called once in each process and thread', async () => {
    const running = app.run('threads.js', { env: { MPMETRICS_BACKEND: './own.cjs' } });
    const told = ['initialize', {}, 'constructor', {}];
    const lines = [];
    for (let i = 0; i < 3; i++) lines.push(JSON.parse(await running.line()) as unknown);
    const thread = { isMainThread: false, told };
    expect(lines).toEqual([{ isMainThread: true, told }, thread, thread]);
    expect([await running.ended, running.errors]).toEqual([0, '']);
  });

  test('that takes a while loses no update', async () => {
    const seen = await run({ MPMETRICS_BACKEND: './slow.cjs' });
    expect(seen.rows).toBe(ALL);
    const open = Array(4).fill('open');
    expect(seen.told).toEqual(['initialize', {}, 'constructor', {}, 'ready', ...open]);
  });
});

describe('buffered()', () => {
  const env = (more: object = {}): Record<string, string> => {
    const STORE = join(app.folder, 'store');
    mkdirSync(STORE, { recursive: true });
    return { MPMETRICS_BACKEND: './store.cjs', STORE, ...more };
  };
  const stored = (): number => {
    try {
      return Number(readFileSync(join(app.folder, 'store', 'c'), 'utf8'));
    } catch {
      return 0;
    }
  };

  test('writes what is left when the process has nothing more to do, and does not keep it alive', async () => {
    for (let runs = 1; runs <= 2; runs++) {
      const running = app.run('buffering.js', { env: env() });
      expect([await running.ended, running.errors]).toEqual([0, '']);
      expect(stored()).toBe(1000 * runs);
    }
  });

  test('loses no change that a flush wrote when the process is killed', async () => {
    for (let round = 1; round <= 5; round++) {
      const before = stored();
      const running = app.run('buffering.js', { env: env(), args: ['go on'] });
      let written = 0;
      const wanted = 1000 + 70 * round;
      while (written < wanted) written = Number(await running.line());
      running.child.kill('SIGKILL');
      expect(await running.ended).toBe('SIGKILL');
      for (const line of running.rest()) written = Number(line);
      // Ten changes were counted since then, and the last flush may have written them.
      expect([0, 10, 20]).toContain(stored() - before - written);
    }
  });
});

test('the examples of the README run, and their backend is right', async () => {
  const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
  const section = readme.slice(readme.indexOf('\n## Backends\n'), readme.indexOf('\n## Tests\n'));
  const [counts, described] = Array.from(
    section.matchAll(/```js\n([^]*?)```/g),
    ([, code]) => code!,
  );
  const write = (name: string, text: string): void => {
    writeFileSync(join(app.folder, name), text);
  };
  write('counts.mjs', counts!);
  const counting = app.run('counts.mjs');
  expect(await counting.ended).toBe(0);
  expect(counting.rest()).toContain('jobs_total 3');
  const ofClass = /class MapBackend \{[^]*?\n\}\n/.exec(counts!)![0];
  write('described.test.mjs', described! + ofClass);
  const running = app.run('--test', { args: ['described.test.mjs'] });
  expect([await running.ended, running.errors]).toEqual([0, '']);
  expect(running.rest()).toContain('# pass 20');
});

test('mpmetrics/testing runs under node:test', async () => {
  const running = app.run('--test', { args: ['described.test.mjs'] });
  expect([await running.ended, running.errors]).toEqual([0, '']);
  expect(running.rest()).toContain('# pass 60');
});
