/**
 * Measures for `memory.mjs` how many bytes of shared memory a series and a process take. The main thread and a worker
 * thread make the same series of counters, and further processes make one metric each. The statistics of the heap,
 * before and after each of these steps, say how many bytes the step took.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

import { ended, hear, start } from './heap.mjs';

const IDLE = 8;
const FAMILIES = 10;
const SERIES = 2000;

async function makeSeries() {
  const { Counter } = await import('mpmetrics');
  for (let family = 0; family < FAMILIES; family++) {
    const name = `family_${family}_total`;
    const counter = new Counter({ name, help: name, labelNames: ['id'] });
    for (let id = 0; id < SERIES; id++) counter.inc({ id: `number ${id}` });
  }
}

async function measure(path) {
  const { loadBinding } = createRequire(import.meta.url)('../dist/binding.js');
  const used = () => loadBinding().openHeap({ path, create: false }).stats().usedBytes;
  const { Counter } = await import('mpmetrics');
  new Counter({ name: 'first_total', help: 'makes the heap' }).inc();
  const empty = used();
  await makeSeries();
  const one = used();
  const worker = new Worker(fileURLToPath(import.meta.url));
  await once(worker, 'message');
  const two = used();
  const idle = Array.from({ length: IDLE }, () => start('idle.mjs', { client: 'mpmetrics' }, path));
  await Promise.all(idle.map((child) => hear(child)));
  const all = used();
  for (const child of idle) child.send('end');
  await Promise.all(idle.map(ended));
  await worker.terminate();
  const series = FAMILIES * SERIES;
  return {
    first: (one - empty) / series,
    further: (two - one) / series,
    process: (all - two) / IDLE,
  };
}

if (isMainThread) {
  const figures = await measure(JSON.parse(process.argv[2]).segment);
  process.send(figures, () => process.exit());
} else {
  await makeSeries();
  parentPort.postMessage('made');
}
