/**
 * System calls of the native module that fail, because AppArmor, seccomp, a file system or a limit refuses them. Each
 * call that the module makes is refused with each errno that may make a difference. Metrics go on, and are right for
 * the process itself; there is at most one warning, which names the error; and no call is repeated all the time.
 */
import { execFileSync } from 'child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { constants, tmpdir } from 'os';
import { join } from 'path';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';

import { binaryPath } from '../../scripts/environment.mjs';
import { lacks } from '../../scripts/needs.mjs';
import { Application, type Program } from '../support/application';
import { source } from '../support/programs';

const FOLDER = join(__dirname, 'refused');
const ROOT = join(__dirname, '..', '..');

const FCNTL = ['fcntl(F_OFD_SETLK)', 'fcntl(F_OFD_GETLK)', 'fcntl(F_DUPFD_CLOEXEC)', 'fcntl'];
const SYSCALL = ['syscall(futex)', 'syscall(getrandom)', 'syscall(renameat2)', 'syscall'];
/** What is called by its number only in builds for 32-bit systems. */
const SYSCALL_32 = ['syscall(fcntl64)'];
/** The other functions of the C library that the native module calls and that make system calls. */
const CALLS = (
  'chmod clock_gettime close fchmod fchown fdopendir fstat64 getcwd linkat lseek64 lstat64 madvise ' +
  'mkdir mmap mmap64 munmap nanosleep open64 openat64 opendir posix_fallocate pread64 pthread_create pwrite64 read ' +
  'readdir64 readlink realpath rename rmdir sched_yield stat64 statfs statx sysconf unlink unlinkat write writev'
).split(' ');
/** The calls that the cases below reach. The others are made in error paths, or when the module is loaded. */
const REACHED = (
  'clock_gettime close fchmod fcntl(F_DUPFD_CLOEXEC) fcntl(F_OFD_GETLK) fcntl(F_OFD_SETLK) madvise ' +
  'mmap munmap nanosleep open64 openat64 opendir posix_fallocate pread64 ' +
  'pthread_create read readdir64 readlink statfs statx syscall(futex) ' +
  'syscall(getrandom) syscall(renameat2)'
).split(' ');
/**
 * Functions that cannot fail, that make no system call, that end the process, or that belong to the loader. zig's
 * libunwind calls those of stdio only before it ends the process.
 */
const PLAIN = new RegExp(
  '^(_.*|napi_.*|node_api_.*|dl\\w+|mem\\w+|str\\w+|pthread_(?!create$)\\w+|malloc|calloc|realloc|free|bcmp|' +
    'posix_memalign|abort|pause|closedir|dirfd|getenv|getpid|getppid|gettid|geteuid|environ|exp|log|pow|fma\\w*|exp2|log2|fflush|fwrite|stderr|' +
    'v?s?n?f?printf)$',
);

/** The call from which hash maps of std get their seed. They panic on most errnos that are not in `RANDOM_ERRORS`. */
const RANDOM = 'getrandom';
const RANDOM_ERRORS = ['EPERM', 'ENOSYS'];

const ERRORS =
  'EACCES EPERM ENOSYS EINVAL EOPNOTSUPP ENOLCK EAGAIN EINTR EIO ENOENT EMFILE ENFILE ENOMEM ENOSPC EDQUOT EROFS'.split(
    ' ',
  );
/** Errors of `posix_fallocate` that mean that there is no room: new series are refused, and counted. */
const FULL = ['ENOSPC', 'EDQUOT', 'ENOMEM', 'EFBIG'];

interface Answer {
  call: string;
  phase: 'start' | 'attached' | 'running';
  refused: number;
  longest: number;
  warnings: string[];
  text: string;
}

/** True if the library that refuses calls cannot be compiled. */
const noCompiler = lacks('gcc');

let folder: string;
let library: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpmetrics-refused-'));
  library = join(folder, 'refuse.so');
  if (noCompiler) return;
  const file = join(FOLDER, 'refuse.c');
  execFileSync('cc', ['-O1', '-fno-builtin', '-shared', '-fPIC', '-o', library, file, '-ldl']);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  for (const name of readdirSync('/dev/shm/').filter((one) => one.startsWith('mpmetrics-'))) {
    // If `MPMETRICS_DIR` was refused to a process, the process made its segment in the next directory: /dev/shm.
    const own = join('/dev/shm', name);
    for (const file of name.includes('test') || !existsSync(own) ? [] : readdirSync(own)) {
      if (/^\.?refused-/.test(file)) rmSync(join(own, file));
    }
  }
});
/**
 * An application of one test. Tests run at the same time, because most of their programs need little processor time:
 * they often pause before they make a refused call again.
 */
function application({ onTestFinished }: TestContext): Application {
  const files = { 'cases.js': 'cases.js', 'counts.js': 'counts.cjs' };
  const app = new Application(
    Object.fromEntries(
      Object.entries(files).map(([path, name]) => [path, source(`environments/refused/${name}`)]),
    ),
  );
  onTestFinished(() => {
    app.remove();
  });
  return app;
}

/**
 * Writes the file that tells `refuse.c` which call to refuse (none if `call` is empty). Returns the environment
 * variables of a program that `refuse.c` is loaded into.
 */
function control(app: Application, call = '', error = 0): Record<string, string> {
  const page = Buffer.alloc(64);
  page.writeInt32LE(error, 0);
  page.writeInt32LE(call === '' ? 0 : 2 ** 30, 4);
  page.write(call, 12);
  const file = join(app.folder, 'control');
  writeFileSync(file, page);
  return { LD_PRELOAD: library, MPMETRICS_REFUSE: file };
}

function errno(name: string): number {
  return (constants.errno as Record<string, number>)[name]!;
}

/** Whether there is no warning, or one that names the error. */
function isTold(warnings: string[], error: string): boolean {
  if (warnings.length === 0) return true;
  const reasons = [
    // EAGAIN from a lock of a file that no other process knows.
    'of a new file failed: operation would block',
    `os error ${errno(error)})`,
    'no space left',
    'quota',
    'no memory left',
    'is full',
  ];
  return warnings.length === 1 && reasons.some((reason) => warnings[0]!.includes(reason));
}

test.skipIf(noCompiler)(
  'the tests below refuse every call of the native module that can fail',
  () => {
    const file = process.env['MPMETRICS_NATIVE'] ?? binaryPath();
    const symbols = execFileSync('nm', ['-D', '--undefined-only', file], { encoding: 'utf8' });
    const imported = [...symbols.matchAll(/^\s+[Uw] ([^@\s]+)/gm)].map(([, name]) => name!);
    expect(imported.length).toBeGreaterThan(50);
    const known = new Set([...CALLS, RANDOM, 'fcntl', 'syscall']);
    expect(imported.filter((name) => !known.has(name) && !PLAIN.test(name))).toEqual([]);
    // `refuse.c` can refuse each call of the lists.
    const refuse = source('environments/refused/refuse.c');
    const refusable = [...refuse.matchAll(/^(?:FAILS|FAILS_DONE|ANSWERS)\((\w+)/gm)].map(
      ([, name]) => name!,
    );
    expect(refusable.sort()).toEqual([...CALLS, RANDOM].sort());
    for (const name of [...FCNTL, ...SYSCALL]) expect(refuse).toContain(`"${name}"`);
  },
);

test('the list of calls has every number that is passed to syscall()', () => {
  const sources = join(ROOT, 'crates', 'mpmetrics-core', 'src');
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((one) =>
    one.endsWith('.rs'),
  );
  const text = files.map((file) => readFileSync(join(sources, file), 'utf8')).join('\n');
  const numbers = new Set(
    [...text.matchAll(/\bSYS_(\w+)/g)].map(([, name]) => `syscall(${name!})`),
  );
  const known = [...SYSCALL, ...SYSCALL_32].filter((name) => name !== 'syscall');
  expect([...numbers].sort()).toEqual(known.sort());
});

describe.skipIf(noCompiler)('calls that are refused to a thread', () => {
  const all = [...FCNTL, ...SYSCALL, ...CALLS];

  const phases = (error: string): Answer['phase'][] =>
    error === 'EACCES' ? ['start', 'attached', 'running'] : ['start'];

  test.concurrent.for(
    ERRORS.flatMap((error) => phases(error).map((phase) => [error, phase] as const)),
  )('%s, %s', { timeout: 600_000 }, async ([error, phase], context) => {
    const app = application(context);
    const some = error === 'EACCES' ? all : REACHED;
    const calls = RANDOM_ERRORS.includes(error) ? [...some, RANDOM] : some;
    // EINTR is returned three times, because such calls are made again; other errors are returned every time.
    const times = error === 'EINTR' ? 3 : 2 ** 30;
    const cases = calls.map((call) => ({ call, phase, errno: errno(error), times }));
    const program = app.run('cases.js', { env: control(app), args: [JSON.stringify(cases)] });
    const wrong: unknown[] = [];
    const reached = new Set<string>();
    for (const { call } of cases) {
      const { text, ...answer } = JSON.parse(await program.line(120_000)) as Answer;
      expect(answer).toMatchObject({ call, phase });
      if (answer.refused > 0) reached.add(call);
      const isFull = call === 'posix_fallocate' && FULL.includes(error);
      const lines = ['c_total{n="first"} 7'];
      if (!isFull) lines.push('c_total{n="999"} 1', 'g 7', 'h_count 1', 's_count 1');
      const missing = lines.filter((line) => !text.includes(line));
      // On EINTR, calls for locks give no warning, because they are made again. A refused call may be made 3,000 times,
      // but futex more often, because Rust's locks repeat it at once. No step may take 10 s, even on a busy machine.
      const told =
        error === 'EINTR' && call.startsWith('fcntl(F_OFD')
          ? answer.warnings.length === 0
          : isTold(answer.warnings, error);
      // `cases.js` removed this series.
      const isRemovedShown = text.includes('c_total{n="5"}');
      if (
        missing.length > 0 ||
        isRemovedShown ||
        !told ||
        (answer.refused > 3_000 && call !== 'syscall(futex)') ||
        answer.longest > 10_000
      ) {
        wrong.push({ ...answer, missing, isRemovedShown });
      }
    }
    expect(await program.ended).toBe(0);
    expect(wrong).toEqual([]);
    if (error === 'EACCES')
      expect([...reached].filter((one) => !REACHED.includes(one))).toEqual([]);
  });
});

test.skipIf(noCompiler)(
  'a lock that other processes hold all the time is tried now and then, not for each series',
  async (context) => {
    const app = application(context);
    const call = 'fcntl(F_OFD_SETLK)';
    const cases = ['start', 'attached', 'running'].map((phase) => {
      return { call, phase, errno: errno('EAGAIN'), times: 2 ** 30 };
    });
    const program = app.run('cases.js', { env: control(app), args: [JSON.stringify(cases)] });
    for (const { phase } of cases) {
      const { refused, warnings } = JSON.parse(await program.line(120_000)) as Answer;
      expect(refused, phase).toBeGreaterThan(0);
      // The lock is tried for 20 ms a few times. If each series tried it, there would be a hundred times as many tries.
      expect(refused, phase).toBeLessThan(5_000);
      // At the start no other process knows the file, so EAGAIN is taken for a refusal there.
      expect(warnings).toHaveLength(phase === 'start' ? 1 : 0);
    }
    expect(await program.ended).toBe(0);
  },
  300_000,
);

describe.skipIf(noCompiler)(
  'calls that are refused to a process from its start, while there is a segment to be reaped',
  () => {
    const warnings = ({ errors }: Program) =>
      errors.split('\n').filter((line) => line.includes('[MPMETRICS_'));

    // Each call takes two processes, so only `npm run torture` tries both errnos.
    const errors =
      process.env['MPMETRICS_TEST_REFUSALS'] === 'all' ? ['EACCES', 'ENOSYS'] : ['EACCES'];
    const calls = [...FCNTL, ...SYSCALL, ...CALLS];
    test.concurrent.for(errors.flatMap((error) => calls.map((call) => [error, call] as const)))(
      '%s of %s',
      { timeout: 300_000 },
      async ([error, call], context) => {
        const app = application(context);
        await app.run('counts.js', { args: ['crash'] }).ended;
        const program = app.run('counts.js', { env: control(app, call, errno(error)) });
        expect([await program.line(), await program.ended]).toEqual(['50', 0]);
        expect(warnings(program)).toSatisfy((told: string[]) => isTold(told, error));
      },
    );
  },
);
