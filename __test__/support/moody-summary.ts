/** A summary in a heap that a test can make busy, full or lost, and the values that a scrape shows of it. */

import { ROSTER, Summary } from '../../ts/metrics';
import { moveToHeap } from '../../ts/storage';
import { MoodyHeap } from './moody-heap';
import { samples } from './samples';

/** The time at which tests start their clock: the beginning of an hour. */
export const START = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000);

/** Makes a summary that is not in the heap. */
export const made = (options: object = {}) =>
  new Summary({
    name: 's',
    help: 'h',
    labelNames: ['a'],
    percentiles: [0, 0.5, 1],
    registers: [],
    ...options,
  });

/** Makes a summary in a heap. */
export function setUp(options: object = {}) {
  const moody = new MoodyHeap();
  const summary = made(options);
  moveToHeap(summary[ROSTER], 't', 1, moody.storage);
  return { moody, summary };
}

type Shown = [count: number, sum: number, ...quantiles: number[]];

/** Returns count, sum and quantiles of a series in a scrape; null if there is no such series. */
export async function shown(moody: MoodyHeap, a = 'x'): Promise<Shown | null> {
  return inText(await moody.text(), a);
}

function inText(text: string, a: string): Shown | null {
  const values = samples(text);
  const [count, sum] = ['count', 'sum'].map((what) => values.get(`s_${what}{a="${a}"}`));
  if (count === undefined || sum === undefined) return null;
  const quantiles = [0, 0.5, 1].map((q) => values.get(`s{quantile="${q}",a="${a}"}`)!);
  return [count, sum, ...quantiles];
}

/** Returns the same values of a summary that is in memory storage and has one series. */
export async function own(summary: Summary<'a'>): Promise<Shown> {
  const values = (await summary.get()).values.map(({ value }) => value);
  return [values.at(-1)!, values.at(-2)!, ...values.slice(0, -2)];
}

/** Returns the expected count, sum and quantiles of these observations. */
export async function expected(...values: number[]): Promise<Shown> {
  const memory = made();
  for (const value of values) memory.observe({ a: 'x' }, value);
  return own(memory);
}

/** Returns functions that remove and expire series as another process would. */
export function other(moody: MoodyHeap, summary: Summary<'a'>) {
  const { numbers } = summary[ROSTER].shape;
  const writer = moody.real.writer(0);
  const spec = {
    tag: 't',
    name: 's',
    help: 'h',
    type: 'summary' as const,
    aggregator: 'sum',
    labelNames: ['a'],
    states: [],
  };
  const family = writer.family({ ...spec, numbers: Float64Array.from(numbers) }, 1);
  return {
    remove: (a: string) => writer.remove(family, `a="${a}"`, ''),
    expire: (a: string) => writer.expire(family, [`a="${a}"`, '']),
  };
}
