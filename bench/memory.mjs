/** Memory: shared, of a counter series and of a process; resident, of a process that does nothing. */
import { ended, hear, start, withSegment } from './heap.mjs';
import { median } from './numbers.mjs';

/** Bytes of a counter series per writer that are the limit, beside the directory. */
const TARGET = 64;

/** Processes of which the resident memory is a median. */
const PROCESSES = 5;

async function measureSeries() {
  return withSegment(async (segment) => {
    const child = start('writers.mjs', { segment }, segment);
    const figures = await hear(child);
    await ended(child);
    return figures;
  });
}

/** Resident bytes of a process with one metric of the client; null for no client at all. */
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
 *   resident: { ours: number, theirs: number } }>} bytes: per series of the first writer and of a further
 *   one, shared per further idle process, resident of an idle process over one without a client
 */
export async function measureMemory() {
  const bare = await measureResident(null);
  const resident = {
    ours: (await measureResident('mpmetrics')) - bare,
    theirs: (await measureResident('prom-client')) - bare,
  };
  return { ...(await measureSeries()), target: TARGET, resident };
}
