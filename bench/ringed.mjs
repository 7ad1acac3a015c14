/** The cluster that `ring.mjs` measures. */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';

import { configure, Gauge, register } from 'mpmetrics';

import { hear } from './heap.mjs';

/** The default of `collectTimeout` in milliseconds; set explicitly, because `ring.mjs` computes a limit from it. */
const TIMEOUT = 250;
const WORKERS = 8;

const { runs, blocked } = JSON.parse(process.argv[2]);
configure({ collectTimeout: TIMEOUT });

function answer() {
  new Gauge({
    name: 'answers',
    help: 'how often the callback of each process ran',
    collect() {
      this.inc();
    },
  });
}

async function runPrimary() {
  const workers = Array.from({ length: WORKERS }, () => cluster.fork());
  await Promise.all(workers.map((worker) => hear(worker, (message) => message === 'ready')));
  if (blocked) {
    workers[0].send('block');
    await hear(workers[0], (message) => message === 'blocks');
  }
  const milliseconds = [];
  for (let run = 1; run <= runs; run++) {
    const begin = performance.now();
    const text = await register.metrics();
    milliseconds.push(performance.now() - begin);
    const answers = Number(/^answers (\d+)$/m.exec(text)[1]);
    assert.equal(answers, run * (blocked ? WORKERS - 1 : WORKERS), 'a callback did not run');
  }
  for (const worker of workers) worker.process.kill('SIGKILL');
  process.send({ milliseconds, timeout: TIMEOUT }, () => process.exit());
}

if (cluster.isPrimary) {
  await runPrimary();
} else {
  answer();
  process.on('message', () => {
    process.send('blocks', () => {
      for (;;);
    });
  });
  process.send('ready');
}
