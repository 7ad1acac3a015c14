/** Files for node_exporter's textfile collector: no reader sees a part of one, whatever happens to the writer. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';
import { subjects } from '../support/subject';

/** How often a reader reads a file that is replaced all the time. */
const READS = Number(process.env['MPMETRICS_TEST_READS'] ?? 2_000);

const made: Application[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpmetrics-textfile-'));
});

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
  rmSync(folder, { recursive: true, force: true });
});

function run(env: Record<string, string>, app = application()): Program {
  const segment = `${app.segmentsIn}/test.heap`;
  return app.run('write.js', { env: { MPMETRICS_SEGMENT: segment, ...env } });
}

function application(): Application {
  const app = new Application({ 'write.js': source('processes/textfile/write.cjs') });
  made.push(app);
  return app;
}

/** Checks that a text has all 200 metrics with one value. Returns the value. */
function whole(text: string): number {
  const values = [...text.matchAll(/^c_\d+_total (\d+)$/gm)].map(([, value]) => Number(value));
  expect(values).toHaveLength(200);
  expect(new Set(values).size).toBe(1);
  expect(text.endsWith('\n')).toBe(true);
  return values[0]!;
}

test('a reader sees no part of a file that is replaced all the time', async () => {
  const file = join(folder, 'app.prom');
  const program = run({ FILE: file, TIMES: '1000000' });
  await program.line();
  const seen = new Set<number>();
  for (let i = 0; i < READS; i++) seen.add(whole(readFileSync(file, 'utf8')));
  expect(seen.size).toBeGreaterThan(1);
  program.child.kill('SIGKILL');
  await program.ended;
});

test('writers that are killed leave a whole file; the next one removes their temporary files', async () => {
  const file = join(folder, 'app.prom');
  const app = application();
  const temporary = () => readdirSync(folder).filter((name) => name !== 'app.prom');
  for (let i = 0; i < 10 || temporary().length === 0; i++) {
    const program = run({ FILE: file, TIMES: '1000000' }, app);
    await program.line();
    await setTimeout(Math.random() * 20);
    program.child.kill('SIGKILL');
    await program.ended;
    whole(readFileSync(file, 'utf8'));
    expect(temporary().every((name) => /^\.app\.prom\.\d+\.[0-9a-f]{12}$/.test(name))).toBe(true);
  }
  const [one] = temporary();
  // Files of other names and of living processes stay.
  const kept = ['.other.prom.1.0123456789ab', `.app.prom.${process.pid}.0123456789ab`, 'b.prom'];
  for (const name of kept) writeFileSync(join(folder, name), '');
  const old = new Date(Date.now() - 120_000);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
  const last = run({ FILE: file, TIMES: '1' }, app);
  await last.line();
  expect(await last.ended).toBe(0);
  expect(one).toBeDefined();
  expect(readdirSync(folder).sort()).toEqual(['app.prom', ...kept].sort());
});

test('of several processes one writes, and another goes on when it is killed', async () => {
  const file = join(folder, 'app.prom');
  const app = application();
  symlinkSync('.', join(folder, 'link'));
  // Pids of the processes that made temporary files, in the order of the files. If a process made several files in a
  // row, its pid is there once.
  const writers: string[] = [];
  const watcher = watch(folder, (_event, name) => {
    const [, pid] = /^\.app\.prom\.(\d+)\./.exec(name ?? '') ?? [];
    if (pid !== undefined && writers.at(-1) !== pid) writers.push(pid);
  });
  const paths = [file, join(folder, 'link', 'app.prom'), file];
  const programs = paths.map((path) => run({ FILE: path, INTERVAL: '0.05' }, app));
  await Promise.all(programs.map((program) => program.line()));
  const written = () => {
    try {
      return statSync(file).mtimeMs;
    } catch {
      return 0;
    }
  };
  for (const program of programs) {
    // Any process that still lives may be the one that writes.
    const before = written();
    // A write that began before all three processes had counted shows less than 3.
    const complete = () => /^c_0_total 3$/m.test(readFileSync(file, 'utf8'));
    await until(
      () => written() > before && complete(),
      'the file is not written again, and complete',
    );
    program.child.kill('SIGKILL');
    await program.ended;
  }
  watcher.close();
  expect(writers).toContain(String(programs[2]!.child.pid));
  // No process writes again after another one wrote.
  expect(new Set(writers).size).toBe(writers.length);
});

test('textfile() keeps no process alive', async () => {
  const program = run({ FILE: join(folder, 'app.prom'), INTERVAL: '0.05', END: '1' });
  await program.line();
  expect(await program.ended).toBe(0);
});

describe.each(subjects)('$name', ({ load }) => {
  test('writes the text format with the given mode, whatever the umask and the content type of the registry', async () => {
    const client = await load();
    new client.Counter({ name: 'c', help: 'h' }).inc(3);
    const file = join(folder, 'a.prom');
    const umask = process.umask(0o077);
    try {
      await client.register.writeToTextfile(file);
      expect(statSync(file).mode & 0o777).toBe(0o644);
      expect(readFileSync(file, 'utf8')).toBe(await client.register.metrics());
      client.register.setContentType(client.openMetricsContentType);
      await client.register.writeToTextfile(file, { mode: 0o600 });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toBe('# HELP c h\n# TYPE c counter\nc 3\n');
    } finally {
      process.umask(umask);
    }
  });

  test('an error of the system is passed on, and leaves nothing', async () => {
    const client = await load();
    await expect(client.register.writeToTextfile(join(folder, 'no', 'a.prom'))).rejects.toThrow(
      /ENOENT/,
    );
    mkdirSync(join(folder, 'a.prom'));
    await expect(client.register.writeToTextfile(join(folder, 'a.prom'))).rejects.toThrow(/EISDIR/);
    expect(readdirSync(folder)).toEqual(['a.prom']);
    const collect = () => {
      throw new Error('no database');
    };
    new client.Gauge({ name: 'g', help: 'h', collect });
    writeFileSync(join(folder, 'b.prom'), 'old');
    await expect(client.register.writeToTextfile(join(folder, 'b.prom'))).rejects.toThrow(
      'no database',
    );
    expect(readFileSync(join(folder, 'b.prom'), 'utf8')).toBe('old');
  });

  test('a link in place of the file is replaced, and its target stays', async () => {
    const client = await load();
    writeFileSync(join(folder, 'target'), 'secret');
    chmodSync(join(folder, 'target'), 0o600);
    symlinkSync('target', join(folder, 'a.prom'));
    await client.register.writeToTextfile(join(folder, 'a.prom'));
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('secret');
  });

  test('the error for an invalid argument or option names it, the rule and the value', async () => {
    const client = await load();
    const refused: [unknown[], string][] = [
      [[], 'path must be the path of a file, and is undefined'],
      [[''], "path must be the path of a file, and is ''"],
      [['/x/metrics'], "path must be a path that ends with '.prom', and is '/x/metrics'"],
      [['/x/a.prom', 5], 'options must be an object, and is 5'],
      [['/x/a.prom', { mode: '644' }], "mode must be a whole number from 0 to 0o777, and is '644'"],
      [['/x/a.prom', { mode: 0o1000 }], 'and is 512'],
      [['/x/a.prom', { scope: 'world' }], "scope must be 'application', 'process' or 'thread'"],
    ];
    for (const [args, message] of refused) {
      await expect(client.register.writeToTextfile(...(args as [string]))).rejects.toThrow(message);
    }
    for (const [options, message] of [
      [undefined, "textfile()'s options must be an object, and is undefined"],
      [{ path: 'a' }, "path must be a path that ends with '.prom', and is 'a'"],
      [
        { path: '/x/a.prom', intervalSeconds: 0 },
        'intervalSeconds must be a number above 0, at most 86400, and is 0',
      ],
    ] as [never, string][]) {
      expect(() => client.textfile(options)).toThrow(message);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
