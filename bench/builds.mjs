/** Measures updates, in nanoseconds per call, of this build and of another build in a folder. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ended, hear, start, withSegment } from './heap.mjs';
import { median } from './numbers.mjs';

const OWN = fileURLToPath(new URL('..', import.meta.url));

/** The URL of a build's main file. */
function entryOf(folder) {
  const entry = join(resolve(folder), 'dist', 'index.js');
  if (!existsSync(entry)) throw new Error(`--beside: ${folder} has no build: no ${entry}`);
  return pathToFileURL(entry).href;
}

function measure(client, seconds) {
  return withSegment(async (segment) => {
    const child = start('updated.mjs', { client, seconds }, segment);
    const rows = await hear(child);
    child.send('end');
    await ended(child);
    return rows;
  });
}

/**
 * Measures the two builds in turns, each in processes of its own: two builds in one process would share the engine's
 * feedback about the functions of Node.js that both call.
 *
 * @param {{ folder: string, rounds: number, seconds: number, say: (text: string) => void }} options `folder`: the
 *   other build, a repository in which `npm run build` ran; `seconds` per row, build and round
 * @returns {Promise<{ title: string, ours: number, theirs: number }[]>} nanoseconds
 */
export async function measureBuilds({ folder, rounds, seconds, say }) {
  const builds = [OWN, folder].map(entryOf);
  const samples = builds.map(() => new Map());
  for (let round = 0; round < rounds; round++) {
    say(`updates beside ${folder}, round ${round + 1} of ${rounds}`);
    // Alternating, so that a slow minute of the machine meets both.
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    for (const build of order) {
      for (const { title, ns } of await measure(builds[build], seconds)) {
        const seen = samples[build];
        seen.set(title, [...(seen.get(title) ?? []), ns]);
      }
    }
  }
  const [ours, theirs] = samples;
  return [...ours].map(([title, ns]) => ({
    title,
    ours: median(ns),
    theirs: median(theirs.get(title)),
  }));
}
