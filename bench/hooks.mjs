/** Measures how many nanoseconds the hooks that count requests take for one request. */
import { FRAMEWORKS } from './applications.mjs';
import { ended, hear, start, withSegment } from './heap.mjs';

/**
 * @param {{ rounds: number, seconds: number, say: (text: string) => void }} options `seconds` per subject and round
 * @returns {Promise<{ title: string, other: string, ours: number, theirs: number }[]>} `title`: the framework; `other`:
 *   what counts with prom-client
 */
export async function measureHooks({ rounds, seconds, say }) {
  const rows = [];
  for (const title of Object.keys(FRAMEWORKS)) {
    say(`hooks of ${title}`);
    const measured = await withSegment(async (segment) => {
      const child = start('hooked.mjs', { framework: title, rounds, seconds }, segment);
      const heard = await hear(child);
      await ended(child);
      return heard;
    });
    const { nothing, mpmetrics: ours, ...others } = measured;
    for (const [other, theirs] of Object.entries(others)) {
      rows.push({ title, other, ours: ours - nothing, theirs: theirs - nothing });
    }
  }
  return rows;
}
