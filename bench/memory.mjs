/** Shared memory per counter series: what the first writer of a series costs, and each further one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Bytes of a counter series per writer that are the limit, beside the directory. */
const TARGET = 64;

/** @returns {Promise<{ first: number, further: number, target: number }>} bytes per series */
export async function measureMemory() {
  const child = fork(fileURLToPath(new URL('writers.mjs', import.meta.url)));
  const [figures] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the process that fills a heap exited with ${code}`);
    }),
  ]);
  return { ...figures, target: TARGET };
}
