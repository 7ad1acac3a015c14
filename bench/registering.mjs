/**
 * Measures how long it takes to make series. The first update of a series makes it: in mpmetrics by a native call that
 * takes the heap lock.
 */
import { ended, hear, start, withSegment } from './heap.mjs';

const SERIES = [1000, 10_000, 100_000];
const PROCESSES = [1, 8];

/** Milliseconds from the start signal until the last of several processes has made its series. */
async function measure(client, series, processes) {
  return withSegment(async (segment) => {
    const children = Array.from({ length: processes }, () =>
      start('registrar.mjs', { client, series }, segment),
    );
    await Promise.all(children.map((child) => hear(child, (message) => message === 'ready')));
    const made = children.map((child) => hear(child, ({ made }) => made !== undefined));
    const begin = performance.now();
    for (const child of children) child.send('go');
    await Promise.all(made);
    const milliseconds = performance.now() - begin;
    for (const child of children) child.send('end');
    await Promise.all(children.map(ended));
    return milliseconds;
  });
}

/**
 * @param {{ say: (text: string) => void, largest?: number }} options `largest`: the largest number of series that is
 *   measured
 * @returns {Promise<{ title: string, series: number, ours: number, theirs: number }[]>} milliseconds of this package
 *   (`ours`) and prom-client (`theirs`); `series`: how many each process makes
 */
export async function measureRegistering({ say, largest = Infinity }) {
  const rows = [];
  for (const processes of PROCESSES) {
    for (const series of SERIES.filter((number) => number <= largest)) {
      const who = processes === 1 ? 'one process' : `the same in each of ${processes} processes`;
      say(`making ${series} series, ${who}`);
      const ours = await measure('mpmetrics', series, processes);
      const theirs = await measure('prom-client', series, processes);
      rows.push({ title: `${series / 1000}k series, ${who}`, series, ours, theirs });
    }
  }
  return rows;
}
