/** Measures the shared memory of a counter series and of a process, and the resident memory of an idle process. */
import { ended, hear, start, withSegment } from './heap.mjs';
import { median } from './numbers.mjs';

/** The most bytes that a counter series may take for each further writer. */
const TARGET = 64;

/** Number of processes that are measured: the resident memory is their median. */
const PROCESSES = 5;

async function measureSeries() {
  return withSegment(async (segment) => {
    const child = start('writers.mjs', { segment }, segment);
    const figures = await hear(child);
    await ended(child);
    return figures;
  });
}

/** Returns the resident bytes of a process with one metric of a client, or without a client if `client` is null. */
async function measureResident(client) {
  return withSegment(async (segment) => {
    const bytes = [];
    for (let i = 0; i < PROCESSES; i++) {
      const child = start('idle.mjs', { client }, segment);
      bytes.push((await hear(child)).rss);
      child.send('end');
      await ended(child);
    }
    return median(bytes);
  });
}

/**
 * @returns {Promise<{ first: number, further: number, process: number, target: number,
 *   resident: { ours: number, theirs: number } }>} bytes. `first` and `further`: the shared memory that a series takes
 *   for its first writer, and for each further one. `target`: the most that `further` may be. `process`: the shared
 *   memory that each further idle process takes. `resident`: the resident memory of an idle process with each client,
 *   less that of one without a client
 */
export async function measureMemory() {
  const bare = await measureResident(null);
  const resident = {
    ours: (await measureResident('mpmetrics')) - bare,
    theirs: (await measureResident('prom-client')) - bare,
  };
  return { ...(await measureSeries()), target: TARGET, resident };
}
