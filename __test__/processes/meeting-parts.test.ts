/** The functions by which a process chooses its segment, each tested without the others. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { configure } from '../../ts/configure';
import { storageKind } from '../../ts/meeting';
import { choiceOf, nameOf, read, write, type Choice } from '../../ts/meeting/choice';
import { directories } from '../../ts/meeting/directories';
import { packageOf, packageOfCommand } from '../../ts/meeting/packages';

const identity = {
  pid: 42,
  ppid: 1,
  startTime: '12345678901234567890',
  bootId: '2ebefc7be16d4177b112db82beb12906',
  pidNamespace: '4026531836',
};

describe('a name', () => {
  const pm2 = { id: '0', namespace: 'default', name: 'blue', script: '/app.js' };
  const base = nameOf({ identity, pm2: null });

  test('is valid for a segment, and the same every time', () => {
    expect(base).toMatch(/^[0-9a-f]{32}$/);
    expect(nameOf({ identity: { ...identity, ppid: 7 }, pm2: null })).toBe(base);
  });

  test.each([
    ['pid', { identity: { ...identity, pid: 43 }, pm2: null }],
    ['start', { identity: { ...identity, startTime: '12345678901234567891' }, pm2: null }],
    ['boot', { identity: { ...identity, bootId: 'f'.repeat(32) }, pm2: null }],
    ['namespace', { identity: { ...identity, pidNamespace: '1' }, pm2: null }],
    ['PM2', { identity, pm2 }],
  ])('differs for another %s', (_, root) => {
    expect(nameOf(root)).not.toBe(base);
  });

  test("differs for PM2's applications and namespaces, but not for instances of one application", () => {
    const of = (changes: object) => nameOf({ identity, pm2: { ...pm2, ...changes } });
    expect(of({ name: 'green' })).not.toBe(of({}));
    expect(of({ namespace: 'blue', name: 'default' })).not.toBe(of({}));
    expect(of({ id: '1' })).toBe(of({}));
  });
});

describe('a choice', () => {
  const derived: Choice = { name: 'abc', root: identity, dir: '/d', mode: 0o660, gid: 5 };

  test.each([
    ['derived', derived],
    ['a path', { path: '/a/"b\\' }],
    ['under PM2', { name: 'x', root: identity, pm2: true, limits: { bytes: 2 ** 30, series: 5 } }],
  ])('that is %s survives being written and read', (_, choice) => {
    expect(read(write(choice, '/app'), '/app')).toEqual(choice);
    expect(read(write(choice, '/app'), null)).toEqual(choice);
    expect(read(write(choice, '/app'), '/other')).toBe(null);
  });

  test.each([
    [undefined],
    [''],
    ['null'],
    ['7'],
    ['{'],
    ['{}'],
    ['{"name":"../x"}'],
    ['{"path":"relative"}'],
    ['{"name":7}'],
  ])('is not read from %s', (text) => {
    expect(read(text, null)).toBe(null);
  });

  test('with an invalid root is read without the root', () => {
    const text = JSON.stringify({ name: 'a', root: { ...identity, startTime: 'soon' } });
    expect(read(text, null)).toEqual({ name: 'a' });
  });

  test('MPMETRICS_SEGMENT is a path or a name', () => {
    expect(choiceOf('/a/b')).toEqual({ path: '/a/b' });
    expect(choiceOf('shop-2')).toEqual({ name: 'shop-2' });
    for (const wrong of ['a/b', './a', 'Shop', 'a.b', 'a'.repeat(65)]) {
      expect(choiceOf(wrong)).toBe(null);
    }
  });
});

describe('the chain of directories', () => {
  test.each([
    [undefined, {}, ['/dev/shm', '/tmp']],
    [undefined, { MPMETRICS_DIR: '/m' }, ['/m', '/dev/shm', '/tmp']],
    ['/c', { MPMETRICS_DIR: '/m' }, ['/c', '/dev/shm', '/tmp']],
    [undefined, { XDG_RUNTIME_DIR: '/run/user/1' }, ['/dev/shm', '/run/user/1', '/tmp']],
    [undefined, { MPMETRICS_DIR: '/dev/shm' }, ['/dev/shm', '/tmp']],
    [undefined, { TMPDIR: '/t/', TMP: '/u' }, ['/dev/shm', '/t']],
    [undefined, { TMPDIR: '', TEMP: '/u' }, ['/dev/shm', '/u']],
  ])('dir %s, variables %o', (dir, variables, chain) => {
    expect(directories(dir, variables)).toEqual(chain);
  });

  test('contains the temporary directory of Node.js', () => {
    expect(directories(undefined, process.env)).toContain(tmpdir());
  });

  test('has inherited directories before those that environment variables name', () => {
    const inherited = ['/m', '/dev/shm', '/of-the-parent'];
    const variables = { TMPDIR: '/t' };
    expect(directories(undefined, variables, inherited)).toEqual([...inherited, '/t']);
    expect(directories('/c', variables, inherited)).toEqual(['/c', ...inherited, '/t']);
    const text = write({ name: 'x', directories: inherited }, '/p');
    expect(read(text, '/p')).toEqual({ name: 'x', directories: inherited });
    const hostile = JSON.stringify({ name: 'x', directories: ['../up', 7, '/ok'] });
    expect(read(hostile, null)).toEqual({ name: 'x', directories: ['/ok'] });
  });
});

describe('the package of a program', () => {
  let top: string;

  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'mpmetrics-packages-')));
    for (const folder of ['app/lib/deep', 'app/node_modules/.bin', 'app/node_modules/tool/bin']) {
      mkdirSync(join(top, folder), { recursive: true });
    }
    mkdirSync(join(top, 'loose'));
    for (const folder of ['app', 'app/node_modules/tool']) {
      writeFileSync(join(top, folder, 'package.json'), '{}');
    }
    const scripts = ['app/main.js', 'app/lib/deep/worker.js', 'app/lib/index.js', 'loose/a.js'];
    for (const script of scripts) writeFileSync(join(top, script), '');
    writeFileSync(join(top, 'app/node_modules/tool/bin/cli'), '');
    symlinkSync('../tool/bin/cli', join(top, 'app/node_modules/.bin/tool'));
  });

  afterAll(() => {
    rmSync(top, { recursive: true });
  });

  test('is the folder of the nearest package.json', () => {
    expect(packageOf(join(top, 'app/lib/deep'))).toBe(join(top, 'app'));
    expect(packageOf(join(top, 'app/node_modules/tool/bin'))).toBe(
      join(top, 'app/node_modules/tool'),
    );
  });

  test.each([
    [['node', 'main.js'], 'app'],
    [['node', 'main'], 'app'],
    [['node', 'lib'], 'app'],
    [['node', './lib/deep/worker.js', '--port', '1'], 'app'],
    [['/usr/bin/node', '--inspect', '--max-old-space-size=9', 'main.js', '../loose/a.js'], 'app'],
    [['node', '-r', '../loose/a.js', '--import', '../loose/a.js', 'main.js'], 'app'],
    [['node', 'node_modules/.bin/tool', 'start'], 'app/node_modules/tool'],
    [['node', '-e', 'require("./main.js")'], 'app'],
    [['node', '../loose/a.js'], 'loose'],
    [['my beautiful server'], null],
    [['node /app/main.js'], null],
    [['sh', '-c', 'node main.js'], null],
    [['node', 'gone.js'], null],
    [[''], null],
  ])('%j', (args, expected) => {
    const found = packageOfCommand(args, join(top, 'app'));
    expect(found).toBe(expected === null ? null : join(top, expected));
  });
});

describe('configure()', () => {
  test.each([
    [null, 'configure() takes an object, and was given null'],
    ['x', 'configure() takes an object, and was given "x"'],
    [{ segmant: 'x' }, 'configure() knows no setting "segmant"'],
    [{ segment: 'a/b' }, 'configure({ segment }) must be an absolute path or a name of 1 to 64'],
    [{ segment: 7 }, 'and is 7'],
    [{ storage: 'disk' }, "must be 'heap' or 'memory', and is \"disk\""],
    [{ dir: 'tmp' }, 'configure({ dir }) must be an absolute path, and is "tmp"'],
    [{ mode: 0o700 }, 'must be a number of permission bits: 0o600'],
    [{ mode: 0o060 }, 'must be a number of permission bits: 0o600'],
    [{ mode: '0660' }, 'and is "0660"'],
    [{ gid: -1 }, 'configure({ gid }) must be the number of a group, and is -1'],
    [{ maxBytes: 1024 }, 'must be a whole number of bytes from 1048576 to 4e12, and is 1024'],
    [{ maxBytes: 10n }, 'and is 10'],
    [
      { maxSeries: 0 },
      'configure({ maxSeries }) must be a whole number of series from 1 to 8388608',
    ],
    [{ maxSeriesPerMetric: 1.5 }, 'must be a whole number of series from 1 to 8388608, and is 1.5'],
    [{ maxLabelValueBytes: 65_537 }, 'must be a whole number of bytes from 1 to 65536'],
    [{ maxTextBytes: '1MB' }, 'must be a whole number of bytes from 65536 to 4e12, and is "1MB"'],
    [{ collectTimeout: NaN }, 'configure({ collectTimeout }) must be a number of milliseconds'],
    [{ required: 'yes' }, 'must be true or false, and is "yes"'],
  ])('refuses %o, and the message says what is wrong', (config, message) => {
    const call = () => {
      configure(config as never);
    };
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_MPMETRICS_INVALID' }));
  });

  test('takes valid settings, and under Vitest storage is memory', () => {
    configure({ collectTimeout: 0, mode: 0o640, gid: 0, maxBytes: 2 ** 20, dir: undefined });
    expect(storageKind()).toBe('memory');
  });
});
