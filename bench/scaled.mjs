/** A writer that `scaling.mjs` measures: a process or a worker thread. */
import { isMainThread, parentPort } from 'node:worker_threads';

import { Counter, Registry } from 'mpmetrics';

/** Number of calls between two readings of the clock. */
const BATCH = 4096;

const post = isMainThread ? (message) => process.send(message) : (m) => parentPort.postMessage(m);
const port = isMainThread ? process : parentPort;

const make = (registers) =>
  new Counter({ name: 'hits_total', help: 'hits', labelNames: ['route'], registers });
const own = new Registry();
const other = new Registry();
// If two unnamed registries of a process declare the same name, the second metric is private, in memory storage.
const bound = { shared: make([own]).labels('/'), private: make([other]).labels('/') };

/** A loop for each kind of memory, with code of its own. */
const loops = Object.fromEntries(
  Object.entries(bound).map(([memory, child]) => [
    memory,
    new Function('child', `return (n) => { for (; n > 0; n--) child.inc(); }; // ${memory}`)(child),
  ]),
);
// Runs both loops in turns until their code is compiled.
for (let i = 0; i < 200; i++) for (const loop of Object.values(loops)) loop(BATCH);

/** Waits for the time at which all writers start, and returns the updates per second from then on. */
function rate({ memory, from, milliseconds }) {
  const loop = loops[memory];
  while (Date.now() < from);
  const begin = performance.now();
  let now = begin;
  let calls = 0;
  while (now - begin < milliseconds) {
    loop(BATCH);
    calls += BATCH;
    now = performance.now();
  }
  return (calls / (now - begin)) * 1000;
}

port.on('message', (message) => {
  if (message === 'end') process.exit();
  post({ rate: rate(message) });
});
post('ready');
