/**
 * The program that kills writers, and what is to be true of what it saw. It is an application's own
 * script, so that it runs against a checkout and against an installed package alike.
 */
import { expect } from 'vitest';

import type { Program } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

/** How many; `npm run torture` and other versions of Node.js have figures of their own. */
export const KILLS = Number(process.env['MPMETRICS_TEST_KILLS'] ?? 200);

/** Milliseconds that so many kills may take on a slow machine. */
export const PATIENCE = Math.max(180_000, KILLS * 1_000);

/** What is observed, over and over: of several octaves and both signs, with sums that are exact. */
const {
  places: PLACES,
  values: VALUES,
  percentiles: PERCENTILES,
} = JSON.parse(source('crash/kills/observed.json')) as {
  places: number;
  values: number[];
  percentiles: number[];
};
/** Most that a quantile between the smallest and the largest may be off. */
const ERROR = 0.0109;

/** The programs, `killer.js` and what it starts. */
export const FILES: Record<string, string> = {
  'killer.js': source('crash/kills/killer.cjs'),
  'victim.js': source('crash/kills/victim.cjs'),
  'observed.json': source('crash/kills/observed.json'),
};

/** How many of so many kills have to meet an update that was made and not acknowledged: else nothing was shown. */
const wanted = (kills: number): number => Math.max(1, Math.floor(kills / 40));

/** One kill, and the scrape after it. */
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
