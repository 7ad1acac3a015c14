/**
 * The program that kills writers, and checks of its output. It is a script of an application, so that it runs with a
 * checkout and with an installed package.
 */
import { expect } from 'vitest';

import type { Program } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

/** The number of kills; `npm run torture`, other versions of Node.js and other update paths have their own. */
export const KILLS = Number(process.env['MPMETRICS_TEST_KILLS'] ?? 200);

/** Milliseconds that the kills may take on a slow machine. */
export const PATIENCE = Math.max(180_000, KILLS * 1_000);

/**
 * The number of roles, the values that each victim observes over and over, and the quantiles. At any time, each role
 * has at most one victim. The values have both signs and several octaves, and their sums are exact.
 */
const {
  roles: ROLES,
  values: VALUES,
  percentiles: PERCENTILES,
} = JSON.parse(source('crash/kills/observed.json')) as {
  roles: number;
  values: number[];
  percentiles: number[];
};
/** The greatest relative error of a quantile. The smallest and the largest value are exact. */
const ERROR = 0.0109;

/** The files of the application: `killer.js`, and those that it uses. */
export const FILES: Record<string, string> = {
  'killer.js': source('crash/kills/killer.cjs'),
  'victim.js': source('crash/kills/victim.cjs'),
  'observed.json': source('crash/kills/observed.json'),
};

/**
 * Returns how many of these kills have to come between an update and its acknowledgement. With fewer, a test would show
 * nothing about such kills.
 */
const wanted = (kills: number): number => Math.max(1, Math.floor(kills / 40));

/** One kill, and the scrape after it. */
interface Kill {
  role: number;
  /** The number of updates that the victim acknowledged on its pipe. */
  acknowledged: number;
  text: string;
  ms: number;
  /** The number of lock timeouts so far. A victim that has one counts in its own memory for a while. */
  lockTimeouts: number;
}

/** Figures of the heap. */
interface End {
  usedAtFirst: number;
  usedAtEnd: number;
  slots: number;
  adoptions: number;
}

/** Compares acknowledged updates with scraped values. */
class Ledger {
  /** For each role: the number of kills, and how often each value was acknowledged. */
  private readonly roles = Array.from({ length: ROLES }, () => ({
    kills: 0,
    told: VALUES.map(() => 0),
  }));
  /** For each series: its scraped value minus the acknowledged one. */
  private readonly gaps = new Map<string, number>();
  private last = new Map<string, number>();
  private lockTimeouts = 0;

  check({ role, acknowledged, text, lockTimeouts }: Kill): void {
    this.lockTimeouts = lockTimeouts;
    const found = samples(text);
    this.expectRisen(found);
    const { told } = this.roles[role]!;
    const rounds = Math.floor(acknowledged / VALUES.length);
    const rest = acknowledged % VALUES.length;
    for (const i of VALUES.keys()) told[i]! += rounds + (i < rest ? 1 : 0);
    const kills = ++this.roles[role]!.kills;

    const of = `{role="${String(role)}"}`;
    const total = told.reduce((sum, times) => sum + times, 0);
    this.counted(`updates_total${of}`, total, found);
    const observed = this.counted(`work_count${of}`, total, found);
    this.summed(`work_sum${of}`, total, observed, found);
    const all = found.get(`work_bucket{le="+Inf",role="${String(role)}"}`);
    expect(all).toBe(found.get(`work_count${of}`));

    const sum = told.reduce((sum, times, i) => sum + times * VALUES[i]!, 0);
    for (const name of ['size', 'recent']) {
      const observed = this.counted(`${name}_count${of}`, total, found);
      this.summed(`${name}_sum${of}`, sum, VALUES[rest]! * observed, found);
      for (const percentile of PERCENTILES) {
        const series = `${name}{quantile="${String(percentile)}",role="${String(role)}"}`;
        expectQuantile(percentile, found.get(series)!, told, kills, series);
      }
    }
  }

  /** Expects that a count grew by the acknowledged updates and at most one in flight. Returns the number in flight. */
  private counted(series: string, acknowledged: number, found: Map<string, number>): number {
    const by = this.moved(series, acknowledged, found);
    expect(by, `${series} after ${String(this.lockTimeouts)} lock timeouts`).toBeOneOf([0, 1]);
    return by;
  }

  /** Expects that a sum grew by the acknowledged updates, and perhaps by the share of the update in flight. */
  private summed(series: string, told: number, share: number, found: Map<string, number>): void {
    expect(this.moved(series, told, found), series).toBeOneOf([0, share]);
  }

  private moved(series: string, told: number, found: Map<string, number>): number {
    const gap = found.get(series)! - told;
    const by = gap - (this.gaps.get(series) ?? 0);
    this.gaps.set(series, gap);
    // Turns -0 into 0.
    return by + 0;
  }

  /** Returns the number of kills after which a scrape showed one update more than was acknowledged. */
  inFlight(): number {
    const gaps = [...this.gaps].filter(([series]) => series.startsWith('updates_total'));
    return gaps.reduce((sum, [, gap]) => sum + gap, 0);
  }

  private expectRisen(found: Map<string, number>): void {
    for (const [series, value] of this.last) {
      // This gauge shows living processes only.
      if (series === 'alive') continue;
      expect(found.has(series), series).toBe(true);
      // A negative value lowers a sum, and any value may lower a quantile; `check` compares both with the acknowledged
      // values.
      if (/quantile=|^(size|recent)_sum/.test(series)) continue;
      expect(found.get(series), series).toBeGreaterThanOrEqual(value);
    }
    this.last = found;
  }
}

/**
 * Expects a quantile among the values at its possible ranks. Each kill may have moved the ranks by one.
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

/** Returns the arguments of `killer.js`. */
export function killerArguments(kills: number): string[] {
  return [String(kills), String(wanted(kills))];
}

/** Reads the output of `killer.js`, and expects what the package promises of killed writers. */
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
  expect(told.adoptions).toBeGreaterThanOrEqual(seen - ROLES);
  expect(told.slots).toBeLessThanOrEqual(ROLES + 1);
}
