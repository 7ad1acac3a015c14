/**
 * Measures several writers that update one series at once. If an update touched memory that other writers touch,
 * each writer would be slower the more writers there are. The control is the same call on private memory (memory
 * storage), in the same processes, in turns.
 */
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

import { ended, hear, start, withSegment } from './heap.mjs';
import { median } from './numbers.mjs';

/** The lowest accepted ratio of the shared to the private rate, if there are no more writers than processors. */
const TARGET = 0.9;

/** Numbers of writers that are measured, as processes and as threads. */
const WRITERS = [1, 2, 4];

const SINGULAR = { processes: 'process', threads: 'thread' };

const SCRIPT = 'scaled.mjs';

/** Starts a writer. The functions of the result are the same for a process and a thread. */
function begin(way, segment) {
  if (way === 'processes') {
    const child = start(SCRIPT, { way }, segment);
    return { child, post: (message) => child.send(message), end: () => ended(child) };
  }
  const child = new Worker(fileURLToPath(new URL(SCRIPT, import.meta.url)), {
    argv: [JSON.stringify({ way })],
  });
  return { child, post: (message) => child.postMessage(message), end: () => child.terminate() };
}

async function measureWriters(way, number, rounds, milliseconds, segment) {
  const writers = Array.from({ length: number }, () => begin(way, segment));
  await Promise.all(writers.map(({ child }) => hear(child, (message) => message === 'ready')));
  const rates = { shared: [], private: [] };
  for (let round = 0; round < rounds; round++) {
    for (const memory of round % 2 === 0 ? ['shared', 'private'] : ['private', 'shared']) {
      const heard = writers.map(({ child }) => hear(child, ({ rate }) => rate !== undefined));
      const from = Date.now() + 20;
      for (const { post } of writers) post({ memory, from, milliseconds });
      for (const { rate } of await Promise.all(heard)) rates[memory].push(rate);
    }
  }
  for (const { post } of writers) post('end');
  await Promise.all(writers.map(({ end }) => end()));
  return { shared: median(rates.shared), private: median(rates.private) };
}

/**
 * @param {{ rounds: number, milliseconds: number, processors: number, say: (text: string) => void }} options
 * @returns {Promise<{ title: string, shared: number, private: number, target?: number }[]>} updates per
 *   second of one writer
 */
export async function measureScaling({ rounds, milliseconds, processors, say }) {
  const rows = [];
  for (const way of Object.keys(SINGULAR)) {
    for (const number of WRITERS) {
      say(`writers on one series: ${number} ${way}`);
      const rates = await withSegment(async (segment) => {
        process.env.MPMETRICS_SEGMENT = segment;
        return measureWriters(way, number, rounds, milliseconds, segment);
      });
      const title = `${number} ${number === 1 ? SINGULAR[way] : way}`;
      rows.push({ title, ...rates, target: number <= processors ? TARGET : undefined });
    }
  }
  return rows;
}
