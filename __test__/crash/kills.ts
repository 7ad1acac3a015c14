/**
 * The program that kills writers, and what is to be true of what it saw. It is an application's own
 * script, so that it runs against a checkout and against an installed package alike.
 */
import { expect } from 'vitest';

import type { Program } from '../support/application';
import { samples } from '../support/samples';

/** How many; `npm run torture` and other versions of Node.js have figures of their own. */
export const KILLS = Number(process.env['MPMETRICS_TEST_KILLS'] ?? 200);

/** Milliseconds that so many kills may take on a slow machine. */
export const PATIENCE = Math.max(180_000, KILLS * 1_000);

const PLACES = 4;
/** What is observed, over and over: of several octaves and both signs, with sums that are exact. */
const VALUES = [0, 1.5, -3, 700, 0.03125, -0.25, 6, 90_000, 6, -7_000];
const PERCENTILES = [0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.5, 0.65, 0.75, 0.85, 0.95, 1];
/** Most that a quantile between the smallest and the largest may be off. */
const ERROR = 0.0109;

export const VICTIM = `
const { writeSync } = require('node:fs');
const { Counter, Histogram, Gauge, Summary } = require('mpmetrics');
const VALUES = ${JSON.stringify(VALUES)};
const common = { help: 'h', labelNames: ['place'] };
const counter = new Counter({ name: 'updates_total', ...common });
const histogram = new Histogram({ name: 'work', buckets: [0.5, 1, 2], ...common });
const asked = { percentiles: ${JSON.stringify(PERCENTILES)}, ...common };
const summary = new Summary({ name: 'size', ...asked });
const windowed = new Summary({ name: 'recent', maxAgeSeconds: 86_400, ageBuckets: 4, ...asked });
new Gauge({ name: 'alive', help: 'a' }).set(1);
const labels = { place: process.argv[2] };
const one = Buffer.from('x');
// Synchronous: an acknowledgement is in the pipe before the next update, and survives the kill.
for (let i = 0; ; i++) {
  const value = VALUES[i % VALUES.length];
  histogram.observe(labels, 1);
  summary.observe(labels, value);
  windowed.observe(labels, value);
  counter.inc(labels);
  writeSync(1, one);
}
`;

/** How many of so many kills have to meet an update that was made and not acknowledged: else nothing was shown. */
const wanted = (kills: number): number => Math.max(1, Math.floor(kills / 40));

/** Tells of each kill on a line, and then what became of the heap. Goes on for a while if the kills met no update. */
export const KILLER = `
const { spawn } = require('node:child_process');
const { register } = require('mpmetrics');
const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
const [kills, wanted] = process.argv.slice(2).map(Number);
const places = Array.from({ length: ${PLACES} }, (_, place) => place);
const victims = [];
/** By place: updates that were told, and those that were in flight. */
const told = places.map(() => 0);
const inFlight = places.map(() => 0);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const stats = () => openSegment({ create: false }).stats();

function start(place) {
  const victim = spawn(process.execPath, ['victim.js', String(place)], { stdio: ['ignore', 'pipe', 'inherit'] });
  victim.acknowledged = 0;
  victim.stdout.on('data', (chunk) => (victim.acknowledged += chunk.length));
  victim.closed = new Promise((resolve) => victim.on('close', resolve));
  victims[place] = victim;
}

async function acknowledges(place, count) {
  while (victims[place].acknowledged < count) await sleep(1);
}

async function kill(place) {
  await acknowledges(place, 1);
  await sleep(Math.random() * 5);
  victims[place].kill('SIGKILL');
  await victims[place].closed;
  const { acknowledged } = victims[place];
  const began = performance.now();
  const text = await register.metrics();
  const ms = performance.now() - began;
  const { lockTimeouts } = stats();
  console.log(JSON.stringify({ place, acknowledged, text, ms, lockTimeouts }));
  told[place] += acknowledged;
  const [, shown] = new RegExp('^updates_total{place="' + place + '"} (.*)$', 'm').exec(text);
  inFlight[place] = Number(shown) - told[place];
}

(async () => {
  // One after another, each time in another order: each slot of the heap has each of the series before its size is taken.
  for (const round of places) {
    if (round > 0) for (const place of places) await kill(place);
    for (const i of places) {
      const place = (round + i) % places.length;
      start(place);
      await acknowledges(place, ${VALUES.length});
    }
  }
  const { usedBytes: usedAtFirst } = stats();
  const met = () => inFlight.reduce((sum, count) => sum + count);
  for (let i = 0; i < kills || (met() < wanted && i < kills + 500); i++) {
    const place = Math.floor(Math.random() * places.length);
    await kill(place);
    start(place);
  }
  for (const place of places) await kill(place);
  const { usedBytes, slots, adoptions } = stats();
  console.log(JSON.stringify({ usedAtFirst, usedAtEnd: usedBytes, slots, adoptions }));
})();
`;

/** One kill, and the scrape behind it. */
interface Kill {
  place: number;
  /** Updates that the victim wrote to its pipe. */
  acknowledged: number;
  text: string;
  ms: number;
  /** In all so far. What a victim counts that starts with one is in its own memory for a while. */
  lockTimeouts: number;
}

/** What the heap has come to. */
interface End {
  usedAtFirst: number;
  usedAtEnd: number;
  slots: number;
  adoptions: number;
}

/** What was acknowledged, beside what is scraped. */
class Ledger {
  /** By place: kills, and how often each of the values was acknowledged. */
  private readonly places = Array.from({ length: PLACES }, () => ({
    kills: 0,
    told: VALUES.map(() => 0),
  }));
  /** By series: how much more it shows than was acknowledged. */
  private readonly gaps = new Map<string, number>();
  private last = new Map<string, number>();
  private lockTimeouts = 0;

  check({ place, acknowledged, text, lockTimeouts }: Kill): void {
    this.lockTimeouts = lockTimeouts;
    const found = samples(text);
    this.expectRisen(found);
    const { told } = this.places[place]!;
    const rounds = Math.floor(acknowledged / VALUES.length);
    const rest = acknowledged % VALUES.length;
    for (const i of VALUES.keys()) told[i]! += rounds + (i < rest ? 1 : 0);
    const kills = ++this.places[place]!.kills;

    const of = `{place="${String(place)}"}`;
    const total = told.reduce((sum, times) => sum + times, 0);
    this.counted(`updates_total${of}`, total, found);
    const observed = this.counted(`work_count${of}`, total, found);
    this.summed(`work_sum${of}`, total, observed, found);
    const all = found.get(`work_bucket{le="+Inf",place="${String(place)}"}`);
    expect(all).toBe(found.get(`work_count${of}`));

    const sum = told.reduce((sum, times, i) => sum + times * VALUES[i]!, 0);
    for (const name of ['size', 'recent']) {
      const observed = this.counted(`${name}_count${of}`, total, found);
      this.summed(`${name}_sum${of}`, sum, VALUES[rest]! * observed, found);
      for (const percentile of PERCENTILES) {
        const series = `${name}{quantile="${String(percentile)}",place="${String(place)}"}`;
        expectQuantile(percentile, found.get(series)!, told, kills, series);
      }
    }
  }

  /** A count moves away from what was acknowledged by the update in flight, or not at all. Returns which. */
  private counted(series: string, acknowledged: number, found: Map<string, number>): number {
    const by = this.moved(series, acknowledged, found);
    expect(by, `${series} after ${String(this.lockTimeouts)} lock timeouts`).toBeOneOf([0, 1]);
    return by;
  }

  /** A sum may lack the share of an update in flight that was counted. */
  private summed(series: string, told: number, share: number, found: Map<string, number>): void {
    expect(this.moved(series, told, found), series).toBeOneOf([0, share]);
  }

  private moved(series: string, told: number, found: Map<string, number>): number {
    const gap = found.get(series)! - told;
    const by = gap - (this.gaps.get(series) ?? 0);
    this.gaps.set(series, gap);
    // Of 0 and -0 both are nothing.
    return by + 0;
  }

  /** Kills after which one more update was scraped than acknowledged. */
  inFlight(): number {
    const gaps = [...this.gaps].filter(([series]) => series.startsWith('updates_total'));
    return gaps.reduce((sum, [, gap]) => sum + gap, 0);
  }

  private expectRisen(found: Map<string, number>): void {
    for (const [series, value] of this.last) {
      // The gauge is of the living.
      if (series === 'alive') continue;
      expect(found.has(series), series).toBe(true);
      // With values of both signs these may fall, and are compared with what was told.
      if (/quantile=|^(size|recent)_sum/.test(series)) continue;
      expect(found.get(series), series).toBeGreaterThanOrEqual(value);
    }
    this.last = found;
  }
}

/**
 * A quantile lies among the values whose ranks it may be of: each kill moved them by one at the most.
 *
 * @param told how often each of the values was acknowledged
 */
function expectQuantile(
  percentile: number,
  found: number,
  told: readonly number[],
  kills: number,
  series: string,
): void {
  const sorted = VALUES.flatMap((value, i) => ({ value, times: told[i]! }));
  sorted.sort((a, b) => a.value - b.value);
  const nth = (rank: number): number => {
    let left = rank;
    return (sorted.find(({ times }) => (left -= times) < 0) ?? sorted.at(-1)!).value;
  };
  const total = told.reduce((sum, times) => sum + times, 0);
  const rank = total * percentile - 0.5;
  const [least, most] = [nth(Math.floor(rank) - kills), nth(Math.ceil(rank) + kills)];
  const error = percentile === 0 || percentile === 1 ? 0 : ERROR;
  expect(found, series).toBeGreaterThanOrEqual(least - error * Math.abs(least));
  expect(found, series).toBeLessThanOrEqual(most + error * Math.abs(most));
}

/** What the killer is told. */
export function killerArguments(kills: number): string[] {
  return [String(kills), String(wanted(kills))];
}

/** Reads what the killer tells and holds it against the promise. */
export async function expectKept(program: Program, kills: number): Promise<void> {
  const ledger = new Ledger();
  let seen = 0;
  let told: Kill | End;
  while ('text' in (told = JSON.parse(await program.line(PATIENCE)) as Kill | End)) {
    try {
      ledger.check(told);
    } catch (error) {
      throw new Error(`after kill ${String(seen)}; the program warned: ${program.errors}`, {
        cause: error,
      });
    }
    expect(told.ms).toBeLessThan(2_000);
    seen++;
  }
  expect(seen).toBeGreaterThanOrEqual(kills);
  expect(ledger.inFlight()).toBeGreaterThanOrEqual(wanted(kills));
  expect(told.usedAtEnd).toBe(told.usedAtFirst);
  expect(told.adoptions).toBeGreaterThanOrEqual(seen - PLACES);
  expect(told.slots).toBeLessThanOrEqual(PLACES + 1);
}
