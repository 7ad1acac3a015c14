/**
 * Measures scrapes that run the `collect` callbacks of a cluster: first all workers answer, then one worker never
 * answers.
 */
import { ended, hear, start, withSegment } from './heap.mjs';

/** Milliseconds that a scrape may take beyond `collectTimeout`. */
const OVER_MS = 50;

/**
 * @param {{ runs: number, say: (text: string) => void }} options
 * @returns {Promise<{ title: string, milliseconds: number, limit?: number }[]>} `milliseconds`: the
 *   longest of the scrapes
 */
export async function measureRing({ runs, say }) {
  const rows = [];
  for (const blocked of [false, true]) {
    say(`collect callbacks of 8 workers${blocked ? ', one of them blocked' : ''}`);
    const { milliseconds, timeout } = await withSegment(async (segment) => {
      const child = start('ringed.mjs', { runs, blocked }, segment);
      const result = await hear(child, ({ milliseconds }) => milliseconds !== undefined);
      await ended(child);
      return result;
    });
    const title = `8 workers with callbacks, ${blocked ? 'one blocked for ever' : 'all answer'}`;
    const limit = blocked ? timeout + OVER_MS : undefined;
    rows.push({ title, milliseconds: Math.max(...milliseconds), limit });
  }
  return rows;
}
