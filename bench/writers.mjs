/**
 * The process that `memory.mjs` measures: its main thread and a worker thread, two writers of one
 * heap, make the same counter series, and the heap's own statistics say what that took.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

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
  process.env.MPMETRICS_SEGMENT = path;
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
  await worker.terminate();
  const series = FAMILIES * SERIES;
  return { first: (one - empty) / series, further: (two - one) / series };
}

if (isMainThread) {
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-bench-'));
  const figures = await measure(join(folder, 'segment'));
  rmSync(folder, { recursive: true });
  process.send(figures, () => process.exit());
} else {
  await makeSeries();
  parentPort.postMessage('made');
}
