/**
 * The tests change names, label texts, hashes and the header of a segment while processes count in it and scrape it. A
 * scrape leaves out damaged records and counts them, there is one warning, and readers accept each page.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application, type Program } from '../support/application';
import { source } from '../support/programs';
import { PythonReader } from '../support/python-reader';

/** The number of rounds of the random test. */
const ROUNDS = Number(process.env['MPMETRICS_TEST_DAMAGE'] ?? 400);
/** Rounds whose number is a multiple of this one damage the header. Processes may then give up the segment. */
const OF_HEADER = 25;
/** In rounds whose number is a multiple of this one, promtool and Python's client read the pages. */
const READ = 10;

interface Told {
  text: string | null;
  openMetrics: string | null;
  values: number;
  warned: number;
  /** Whether the process has gone on in memory storage, or could not scrape the segment. */
  alone: boolean;
}

const made: Application[] = [];
const reader = new PythonReader();
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});
afterAll(() => {
  reader.close();
});

/** Two processes that count in one segment. */
class Damaged {
  readonly path: string;
  readonly programs: Program[];
  private readonly file: number;

  private constructor(app: Application, path: string, programs: Program[]) {
    this.path = path;
    this.programs = programs;
    this.file = openSync(path, 'r+');
    made.push(app);
  }

  static async start(): Promise<Damaged> {
    const app = new Application({ 'app.js': source('crash/damage/app.cjs') });
    const path = join(app.segmentsIn, 'damaged.heap');
    const start = async (): Promise<Program> => {
      const program = app.run('app.js', { env: { MPMETRICS_SEGMENT: path } });
      expect(await program.line()).toBe('ready');
      return program;
    };
    return new Damaged(app, path, [await start(), await start()]);
  }

  async told(): Promise<Told[]> {
    for (const program of this.programs) program.tell('scrape');
    return Promise.all(
      this.programs.map(async (program) => JSON.parse(await program.line()) as Told),
    );
  }

  async end(): Promise<void> {
    for (const program of this.programs) program.tell('leave');
    for (const program of this.programs) expect(await program.ended).toBe(0);
    closeSync(this.file);
  }

  /** Returns the offsets at which one of these texts begins. */
  places(...texts: readonly string[]): number[] {
    const bytes = Buffer.alloc(fstatSync(this.file).size);
    readSync(this.file, bytes, 0, bytes.length, 0);
    return texts.flatMap((text) => {
      const found: number[] = [];
      for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) found.push(at);
      return found;
    });
  }

  /** Returns a word of the segment's header, by its index (docs/FORMAT.md). */
  word(index: number): number {
    const bytes = Buffer.alloc(8);
    readSync(this.file, bytes, 0, 8, index * 8);
    return Number(bytes.readBigUInt64LE());
  }

  /** Flips bits of a byte. The same call again restores the byte. */
  flip(at: number, bits: number): void {
    const byte = Buffer.alloc(1);
    readSync(this.file, byte, 0, 1, at);
    byte[0]! ^= bits;
    writeSync(this.file, byte, 0, 1, at);
  }
}

/** Expects promtool and Python's client to accept the pages. */
async function accepted({ text, openMetrics }: Told): Promise<void> {
  if (text !== null) {
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    // Exit code 3 is a remark about names; 1 is a refused page.
    expect([0, 3], `${checked.stderr}\n${text}`).toContain(checked.status);
  }
  if (openMetrics !== null) await reader.read(openMetrics);
}

const TEXTS: [string, string, number][] = [
  ['the beginning of a metric name', 'damage_count_total', 0],
  ['the middle of a metric name', 'damage_level', 3],
  ['a help text', 'Another help', 2],
  ['a label name of a metric', 'route', 0],
  ['a label name of a series', 'route="/a"', 1],
  ['the quote of a label value', '"/a"', 0],
  ['a label value', '/a"', 1],
  ['the name of a default label', 'service="', 3],
];

/** Whether promtool or Python's client is not installed. */
const readersMissing = lacks('prometheus') || lacks('prometheus_client');

test.skipIf(readersMissing).each(TEXTS)(
  'scrapes count damage in %s, and readers accept each page',
  async (_, text, offset) => {
    const damaged = await Damaged.start();
    const places = damaged.places(text);
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) damaged.flip(at + offset, 0x80);
    for (const told of [...(await damaged.told()), ...(await damaged.told())]) {
      expect(told.alone).toBe(false);
      expect(told.text).toMatch(/mpmetrics_damaged_reads_total(?:\{[^\n]*\})? [1-9]/);
      await accepted(told);
    }
    const [last] = await damaged.told();
    expect(last!.warned).toBe(1);
    expect(damaged.programs[0]!.errors).toContain(`delete it: rm '${damaged.path}'`);
    for (const at of places) damaged.flip(at + offset, 0x80);
    const [whole] = await damaged.told();
    for (const name of ['damage_count_total', 'damage_level', 'damage_seconds', 'damage_size']) {
      expect(whole!.text).toContain(`# TYPE ${name} `);
    }
    await accepted(whole!);
    await damaged.end();
  },
);

test.skipIf(readersMissing)(
  'random bytes change while both processes count and scrape',
  { timeout: 0 },
  async () => {
    let seed = 1;
    const roll = (sides: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * sides);
    };
    let damaged = await Damaged.start();
    const bytesOf = (): number[] => {
      const texts = ['damage_', 'route="', 'service="', 'trace="', 'The help', 'Seconds'];
      // The first chunks of the tables of families and of series. A chunk begins with 8 words of its own; then come its
      // records, of 8 words each. Word 1 of a record is the hash.
      const chunks = [112, 128].map((index) => damaged.word(index));
      const hashes = [0, 1, 2, 3].flatMap((n) => chunks.map((at) => (at + 9 + 8 * n) * 8));
      return [...damaged.places(...texts), ...hashes];
    };
    let bytes = bytesOf();
    let shown = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const flips = Array.from({ length: 1 + roll(3) }, (): [number, number] => {
        const at = round % OF_HEADER === 0 ? roll(96 * 8) : bytes[roll(bytes.length)]! + roll(24);
        return [at, roll(4) === 0 ? 1 + roll(255) : 1 << roll(8)];
      });
      const before = damaged.told();
      for (const [at, bits] of flips) damaged.flip(at, bits);
      await before;
      const told = await damaged.told();
      for (const [at, bits] of flips) damaged.flip(at, bits);
      if (round % READ === 0) for (const one of told) await accepted(one);
      shown += told.filter((one) => one.text !== null).length;
      if (told.some((one) => one.alone)) {
        await damaged.end();
        damaged = await Damaged.start();
        bytes = bytesOf();
      }
    }
    expect(shown).toBeGreaterThan(ROUNDS);
    await damaged.end();
  },
);
