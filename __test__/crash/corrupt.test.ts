/**
 * Attaching to a corrupt segment gives a warning, and reading one gives an error. Both name the segment's path and the
 * reason. No process crashes.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

interface Told {
  text?: string;
  code?: string;
  message?: string;
}

async function tell(program: Program, line: string): Promise<Told> {
  program.tell(line);
  return JSON.parse(await program.line()) as Told;
}

function application(): { app: Application; path: string; start: () => Program } {
  const app = new Application({ 'app.js': source('crash/corrupt/app.cjs') });
  made.push(app);
  const path = join(app.segmentsIn, 'corrupt.heap');
  return { app, path, start: () => app.run('app.js', { env: { MPMETRICS_SEGMENT: path } }) };
}

/** Makes an application that has left a segment with one count. */
async function segment(): Promise<ReturnType<typeof application>> {
  const made = application();
  const program = made.start();
  await program.line();
  await tell(program, 'inc');
  program.tell('leave');
  await program.ended;
  return made;
}

function poke(path: string, at: number, value: bigint): void {
  const file = openSync(path, 'r+');
  const word = Buffer.alloc(8);
  word.writeBigUInt64LE(value);
  writeSync(file, word, 0, 8, at);
  closeSync(file);
}

const BROKEN: [string, string, (path: string) => void][] = [
  [
    'empty',
    'the file is too short',
    (path) => {
      writeFileSync(path, '');
    },
  ],
  [
    'text',
    'the mark of a segment',
    (path) => {
      writeFileSync(path, 'hello\n'.repeat(2000));
    },
  ],
  [
    'truncated',
    'truncated',
    (path) => {
      writeFileSync(path, readFileSync(path).subarray(0, 8192));
    },
  ],
  [
    'of another layout',
    'the layout version',
    (path) => {
      poke(path, 8, 9n << 16n);
    },
  ],
  [
    'of a machine of the other byte order',
    'it is of a machine of the other byte order',
    (path) => {
      poke(path, 0, Buffer.from('MPMETRIC').readBigUInt64BE());
    },
  ],
  [
    'of another machine',
    'it is of an unknown machine (0x1), and this build is for 64-bit programs with glibc',
    (path) => {
      poke(path, 16, 1n);
    },
  ],
  [
    'with a length beyond its end',
    'a length inside',
    (path) => {
      poke(path, 6 * 8, 1n << 40n);
    },
  ],
  [
    'marked as removed',
    'the segment was removed',
    (path) => {
      poke(path, 3 * 8, 1n);
    },
  ],
];

test.each(BROKEN)('attaching to a segment that is %s', async (_, reason, spoil) => {
  const { path, start } = await segment();
  spoil(path);
  const program = start();
  expect(await program.line()).toBe('ready');
  // The application goes on in memory storage, with one warning.
  expect(await tell(program, 'inc')).toEqual({
    text: '# HELP c c\n# TYPE c counter\nc{n="1"} 1\n',
  });
  program.tell('leave');
  expect(await program.ended).toBe(0);
  expect(program.errors).toContain(path);
  expect(program.errors).toContain(reason);
  expect(program.errors).toContain(`delete it while no process uses it: rm '${path}'`);
  expect(program.errors.match(/Warning/g)).toHaveLength(1);
});

test('reading a segment that is damaged while an application uses it', async () => {
  const { path, start } = await segment();
  const program = start();
  await program.line();
  expect((await tell(program, 'inc')).text).toContain('c{n="1"} 2\n');
  // Sets the number of families to more than a heap can have.
  poke(path, 33 * 8, 1n << 40n);
  const told = await tell(program, 'look');
  expect(told.code).toBe('ERR_MPMETRICS_CORRUPT');
  expect(told.message).toContain(path);
  expect(told.message).toContain('the length of a table');
  expect(told.message).toContain(`delete it while no process uses it: rm '${path}'`);
  // Updates go on, and the next scrape fails in the same way.
  expect((await tell(program, 'inc')).code).toBe('ERR_MPMETRICS_CORRUPT');
  program.tell('leave');
  expect(await program.ended).toBe(0);
});
