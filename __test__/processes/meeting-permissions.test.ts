/**
 * Processes of one application that have unusual permissions: a strict umask, a directory whose mode was changed, a
 * process that changed its user, no `/proc`, another `TMPDIR`, no file descriptor left. They use the same segment, or
 * one warning gives the reason why not. Most tests need root, because they start processes of other users.
 */
import { spawn } from 'child_process';
import { randomUUID } from 'crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application, Program } from '../support/application';
import { source } from '../support/programs';

const NOBODY = 65534;
const GROUP = 65533;

let app: Application;
let own: string;
/** The segment's name in this run: a segment of an earlier run may be left in one of the directories that are tried. */
const NAME = randomUUID();
/** True if a test cannot start a program in a mount namespace of the program's own. */
const cannotMount = lacks('CAP_SYS_ADMIN') || lacks('util-linux');

beforeEach(() => {
  app = new Application({
    'app.js': `
      if (process.argv[3]) require('mpmetrics').configure(JSON.parse(process.argv[3]));
      require('./report').arrive(process.argv[2], process.argv[2] === 'b' ? ['a', 'b'] : []);
      process.stdin.once('data', () => process.exit());`,
  });
  // Processes of other users make directories in the first folder, and read their scripts in the second.
  chmodSync(app.segmentsIn, 0o1777);
  chmodSync(app.folder, 0o755);
  own = join(app.segmentsIn, `mpmetrics-${NOBODY}`);
});

afterEach(() => {
  app.remove();
});

/** Runs a shell script. `as` may name another user. */
function shell(script: string, env: Record<string, string> = {}, as: object = {}): Program {
  const child = spawn('sh', ['-c', script, process.execPath], {
    cwd: app.folder,
    env: app.environment(env),
    ...as,
  });
  return new Program(child);
}

/** Runs a program in a mount namespace of its own, after a command that changes the namespace. */
function prepared(program: string, prepare: string, env: Record<string, string> = {}): Program {
  return shell(`exec unshare --mount sh -c '${prepare} && exec "$0" ${program}' "$0"`, env);
}

function write(name: string, text: string): void {
  writeFileSync(join(app.folder, name), text);
}

async function told(program: Program): Promise<{ path: string | null; seen: object }> {
  return JSON.parse(await program.line()) as { path: string | null; seen: object };
}

async function leave(...programs: Program[]): Promise<void> {
  for (const program of programs) {
    program.tell('leave');
    expect(await program.ended).toBe(0);
  }
}

/** Codes of the warnings, one per warning. */
function warnings(program: Program): string[] {
  return [...program.errors.matchAll(/\[(MPMETRICS_\w+)\]/g)].map(([, code]) => code!);
}

describe.skipIf(lacks('root')).each([
  ['its user alone', {}, `mpmetrics-${NOBODY}`, 0o700],
  ['a group', { gid: GROUP, mode: 0o660 }, `mpmetrics-g${GROUP}`, 0o770],
])('a directory for %s', (_, settings, name, mode) => {
  const directory = () => join(app.segmentsIn, name);
  const member = { uid: NOBODY, gid: GROUP };
  const run = (umask: string, who: string) => {
    const script = `umask ${umask} && exec "$0" app.js ${who} '${JSON.stringify(settings)}'`;
    return shell(script, { MPMETRICS_SEGMENT: NAME }, member);
  };

  test.each(['0077', '0177', '0277', '0377', '0777', '0000'])('umask %s', async (umask) => {
    const first = run(umask, 'a');
    expect((await told(first)).path).toBe(join(directory(), `${NAME}.heap`));
    const second = run('0022', 'b');
    expect((await told(second)).seen).toEqual({ a: 1, b: 1 });
    await leave(first, second);
    expect(first.errors + second.errors).toBe('');
    expect(statSync(directory()).mode & 0o777).toBe(mode);
  });

  test.each([0o600, 0o500, 0o000])('mode %i (decimal), set by an old version', async (narrow) => {
    mkdirSync(directory());
    chownSync(directory(), NOBODY, GROUP);
    chmodSync(directory(), narrow);
    const program = run('0022', 'a');
    expect((await told(program)).path).toBe(join(directory(), `${NAME}.heap`));
    await leave(program);
    expect(program.errors).toBe('');
    expect(statSync(directory()).mode & 0o777).toBe(mode);
  });
});

test.skipIf(cannotMount).each([true, false])(
  'a directory that fsGroup opened for a group is not used; MPMETRICS_DIR is set: %s',
  async (named) => {
    // If no directory is named, the usual one is used, /dev/shm: a mount namespace puts an empty folder in its place.
    const [shm, elsewhere] = ['shm', 'tmp'].map((name) => {
      const folder = mkdtempSync(join(tmpdir(), `mpmetrics-${name}-`));
      chmodSync(folder, 0o1777);
      return folder;
    }) as [string, string];
    const usual: Record<string, string> = {
      MPMETRICS_DIR: '',
      XDG_RUNTIME_DIR: '',
      TMPDIR: elsewhere,
    };
    const env = named ? {} : usual;
    const run = (who: string) => {
      const drop = `exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups "$0" app.js ${who}`;
      const mount = `mount --bind ${shm} /dev/shm && ${drop}`;
      return shell(named ? drop : `exec unshare --mount sh -c '${mount}' "$0"`, env);
    };
    const folder = named ? own : join(shm, `mpmetrics-${NOBODY}`);
    try {
      const first = run('a');
      await told(first);
      expect(readdirSync(folder)).toHaveLength(2);
      chmodSync(folder, 0o2770);
      const second = run('c');
      expect((await told(second)).seen).toEqual({ c: 1 });
      expect(warnings(second)).toEqual([named ? 'MPMETRICS_CONFIG' : 'MPMETRICS_ACCESS']);
      expect(second.errors).toContain('configure({ gid');
      await leave(first, second);
    } finally {
      rmSync(shm, { recursive: true });
      rmSync(elsewhere, { recursive: true });
      // In the real /dev/shm, in case the mount did not take place.
      rmSync(`/dev/shm/mpmetrics-${NOBODY}`, { recursive: true, force: true });
    }
  },
);

test.skipIf(lacks('root'))(
  'a process that gives up root after its first metric keeps the segment of its application',
  async () => {
    write('setuid.js', source('processes/meeting-permissions/setuid.cjs'));
    const program = app.run('setuid.js', { args: [String(NOBODY)] });
    const text = JSON.parse(await program.line()) as string;
    expect(await program.ended).toBe(0);
    for (const line of ['c{when="before"} 1', 'c{when="after"} 1', 'late 1', 'seen 1']) {
      expect(text).toContain(`${line}\n`);
    }
    expect(program.errors).toBe('');
  },
);

describe.skipIf(cannotMount)('without /proc', () => {
  const run = (who: string, env: Record<string, string>) =>
    prepared(`app.js ${who}`, 'mount -t tmpfs none /proc', env);

  test.each(['name', 'path'])('MPMETRICS_SEGMENT is enough: a %s', async (kind) => {
    const segment = kind === 'name' ? NAME : join(app.segmentsIn, 'path.heap');
    const [first, second] = ['a', 'b'].map((who) => run(who, { MPMETRICS_SEGMENT: segment }));
    await told(first!);
    expect((await told(second!)).seen).toEqual({ a: 1, b: 1 });
    await leave(first!, second!);
    expect(first!.errors + second!.errors).toBe('');
  });

  test('without a named segment, a warning says to set MPMETRICS_SEGMENT', async () => {
    const program = run('a', {});
    expect(await told(program)).toMatchObject({ path: null, seen: { a: 1 } });
    await leave(program);
    expect(warnings(program)).toEqual(['MPMETRICS_MEMORY']);
    expect(program.errors).toContain('set MPMETRICS_SEGMENT');
  });
});

test.each([0, 1, 2, 3])('metrics count with %i descriptors left', async (left) => {
  write('exhausted.js', source('processes/meeting-permissions/exhausted.cjs'));
  const program = shell(`ulimit -n 64 && exec "$0" exhausted.js ${left}`);
  expect(await program.line()).toBe('ready');
  const { path, seen } = await told(program);
  expect(await program.ended).toBe(0);
  expect(seen).toEqual({ x: 1 });
  expect(warnings(program)).toEqual(path === null ? ['MPMETRICS_MEMORY'] : []);
  if (path === null) expect(program.errors).toContain('Too many open files');
  if (left === 0) expect(path).toBe(null);
});

describe.skipIf(cannotMount)(
  'where /dev/shm cannot be used, workers with another TMPDIR use the same segment',
  () => {
    let folders: string[];

    beforeEach(() => {
      folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'mpmetrics-tmpdir-')));
    });
    afterEach(() => {
      for (const folder of folders) rmSync(folder, { recursive: true });
    });

    test.each([
      ['cluster.fork', 'cluster'],
      ['fork with an environment of its own', 'fork'],
      ['a thread', 'thread'],
      ['cluster.fork, with TMP in place of TMPDIR', 'other-name'],
    ])('%s', async (_, how) => {
      write('tmpdir.js', source('processes/meeting-permissions/tmpdir.cjs'));
      const [first, second] = folders as [string, string];
      const program = prepared(`tmpdir.js ${second} ${how}`, 'mount -t proc none /dev/shm', {
        MPMETRICS_DIR: '',
        XDG_RUNTIME_DIR: '',
        TMPDIR: first,
      });
      for (const { seen, path } of (await program.reports(3)).values()) {
        expect(seen).toEqual({ primary: 1, w1: 1, w2: 1 });
        expect(path).toContain(first);
      }
      expect(await program.ended).toBe(0);
    });
  },
);
