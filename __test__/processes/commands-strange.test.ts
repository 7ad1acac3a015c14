/**
 * The commands on files that are damaged, truncated, of another version, or another user's: each ends with a clear word,
 * and none crashes or hangs. And wrong command lines, help, and colours.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';
import { mpmetrics, onTerminal } from '../support/command-line';
import { source } from '../support/programs';

const NOBODY = 65534;

/** Bytes of the header that matter to every reader: where they are, and the word that an error has about them. */
const BYTES: [name: string, at: number, word: string][] = [
  ['the mark', 0, 'expected the mark of a segment'],
  ['the version', 10, 'the layout version is 0x'],
  ['the machine', 16, 'incompatible segment'],
  ['the used words', 51, '(truncated?)'],
  ['the number of slots', 260, 'the length of a table'],
];

let app: Application;
let path: string;

/** Makes an application that was killed, with its segment at `path`. */
async function makeDead(): Promise<void> {
  app = new Application({
    'package.json': '{"name":"shop"}',
    'shop.js': source('processes/commands/shop.cjs'),
    'damage.js': source('processes/commands/damage.cjs'),
  });
  const primary = app.run('shop.js');
  await primary.line();
  process.kill(-primary.child.pid!, 'SIGKILL');
  await primary.ended;
  [path] = app.segments() as [string];
}

function remove(): void {
  app.remove();
}

function expectRefused(word: string): void {
  for (const command of ['scrape', 'check', 'rm', 'serve']) {
    const { status, stdout, stderr } = mpmetrics(app, [command, path]);
    expect([command, status, stdout]).toEqual([command, 1, '']);
    expect(stderr).toMatch(/^mpmetrics: [^\n]+\n$/);
    expect(stderr).toContain(path);
    expect(stderr).toContain(word);
  }
  const list = mpmetrics(app, ['ls']);
  expect([list.status, list.stdout]).toEqual([1, '']);
  expect(list.stderr).toContain(word);
  expect(app.segments()).toEqual([path]);
}

describe('a file that cannot be read', () => {
  beforeEach(makeDead);
  afterEach(remove);

  test.each(BYTES)('because of %s', (_, at, word) => {
    const bytes = readFileSync(path);
    bytes[at]! ^= 0x55;
    writeFileSync(path, bytes);
    expectRefused(word);
  });

  test('because it is truncated, or empty', () => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, 8_192));
    expectRefused('(truncated?)');
    writeFileSync(path, '');
    expectRefused('the file is too short');
  });

  test.skipIf(process.geteuid?.() !== 0)('because it is of another user', () => {
    chmodSync(app.segmentsIn, 0o755);
    chmodSync(app.folder, 0o755);
    const as = { user: NOBODY };
    expect(mpmetrics(app, ['ls'], as)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(mpmetrics(app, ['scrape', path], as)).toEqual({
      status: 1,
      stdout: '',
      stderr: `mpmetrics: ${path}: lstat failed: Permission denied (os error 13)\n`,
    });
    // The folder of the user lets others in, and the file does not.
    const open = join(app.segmentsIn, `mpmetrics-${String(NOBODY)}`);
    mkdirSync(open, { mode: 0o755 });
    const foreign = join(open, 'foreign.heap');
    writeFileSync(foreign, readFileSync(path), { mode: 0o600 });
    expect(mpmetrics(app, ['ls'], as)).toEqual({
      status: 1,
      stdout: '',
      stderr: `mpmetrics: ${foreign}: open failed: Permission denied (os error 13)\n`,
    });
    // A file that can be read is read, and not removed.
    chmodSync(foreign, 0o644);
    expect(mpmetrics(app, ['scrape', foreign, 'orders_total'], as).stdout).toContain('} 5\n');
    expect(mpmetrics(app, ['rm', foreign], as)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('open failed: Permission denied') as string,
    });
  });

  test('no byte of the header makes a reader crash or hang', async () => {
    const damage = app.run('damage.js', { args: [path] });
    const told = JSON.parse(await damage.line()) as {
      read: number;
      refused: Record<string, number>;
    };
    expect(await damage.ended).toBe(0);
    const { ERR_MPMETRICS_CORRUPT: corrupt = 0, ERR_MPMETRICS_VERSION: version = 0 } = told.refused;
    expect(Object.keys(told.refused)).toHaveLength(2);
    expect(told.read + corrupt + version).toBe(4_096);
    expect(version).toBeGreaterThan(5);
    expect(corrupt).toBeGreaterThan(40);
  });
});

describe('a damaged record', () => {
  beforeEach(makeDead);
  afterEach(remove);

  test('is left out and told', () => {
    const bytes = readFileSync(path);
    // The name of a metric in the text of its family.
    const at = bytes.indexOf('basket');
    bytes.write('bas et', at);
    writeFileSync(path, bytes);
    const { status, stdout, stderr } = mpmetrics(app, ['scrape', path]);
    expect([status, stderr]).toEqual([0, 'mpmetrics: 1 damaged record left out\n']);
    expect(stdout).toContain('orders_total{status="paid"} 5\n');
    expect(stdout).not.toContain('bas');
    const check = mpmetrics(app, ['check', path]);
    expect(check.status).toBe(1);
    expect(check.stdout).toContain('✗ 1 record is damaged and left out: restart the application\n');
  });
});

describe('a label value that would change the terminal', () => {
  beforeEach(makeDead);
  afterEach(remove);

  test.skipIf(lacks('util-linux'))('is printed without its control characters', () => {
    const bytes = readFileSync(path);
    bytes.write('\u001b[2J', bytes.indexOf('paid'));
    writeFileSync(path, bytes);
    expect(mpmetrics(app, ['scrape', path]).stdout).toContain('{status="\u001b[2J"} 5\n');
    const shown = onTerminal(app, ['scrape', path], {});
    expect(shown).toContain('{status="\ufffd[2J"} 5\r\n');
    expect(shown).not.toContain('\u001b');
  });
});

describe('command lines', () => {
  beforeAll(makeDead);
  afterAll(remove);

  const COMMANDS = ['ls', 'scrape', 'check', 'serve', 'textfile', 'rm', 'doctor'];

  test('the usage lists all commands, and each has help with its exit codes', () => {
    const usage = mpmetrics(app, ['--help']);
    expect(usage).toMatchObject({ status: 0, stderr: '' });
    const listed = [...usage.stdout.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name);
    expect(listed).toEqual(COMMANDS);
    for (const command of COMMANDS) {
      const { status, stdout, stderr } = mpmetrics(app, [command, '--help']);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(new RegExp(`^usage: mpmetrics ${command} `));
      expect(stdout).toContain('Exit codes: 0');
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(100);
    }
  });

  test.each([
    [['nurse'], 'There is no command "nurse"; there are ls, scrape'],
    [['ls', 'shop'], 'ls takes no arguments, and was given 1.'],
    [['rm', 'a', 'b'], 'rm takes at most 1, and was given 2.'],
    [['ls', '--wrong'], "Unknown option '--wrong'\n(mpmetrics ls --help says more)"],
    [['scrape', '--json', '--csv'], '--json and --csv exclude each other'],
    [['serve', '--port', '70000'], '--port must be a whole number from 0 to 65535, and is "70000"'],
    [['serve', '--port', ''], '--port must be a whole number from 0 to 65535, and is ""'],
    [['textfile'], 'textfile needs the file to write: -o FILE.prom'],
    [['textfile', '-o', 'x'], "--output: path must be a path that ends with '.prom'"],
    [['textfile', '-o', 'x.prom', '-i', '0'], '--interval must be a number of seconds above 0'],
    [['check'], 'no application of this user lives; a dead one can be named:\n  shop (pid '],
    [['check', 'hop'], 'there is no application "hop"; there are:\n  shop (pid '],
    [['check', '1'], 'there is no application "1"; there are:\n'],
  ])('%j is wrong', (args, message) => {
    const { status, stdout, stderr } = mpmetrics(app, args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test.skipIf(lacks('util-linux'))('colours are for terminals, unless NO_COLOR is set', () => {
    expect(mpmetrics(app, ['ls']).stdout).not.toContain('\u001b');
    expect(onTerminal(app, ['ls'], {})).toContain('\u001b[90mshop');
    expect(onTerminal(app, ['ls'], { NO_COLOR: '1' })).not.toContain('\u001b');
  });
});
