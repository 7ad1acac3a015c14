/** A writer that `scaling.mjs` measures: a process or a worker thread. */
import { isMainThread, parentPort } from 'node:worker_threads';

import { Counter, Registry } from 'mpmetrics';

/** Calls between two readings of the clock. */
const BATCH = 4096;

const post = isMainThread ? (message) => process.send(message) : (m) => parentPort.postMessage(m);
const port = isMainThread ? process : parentPort;

const make = (registers) =>
  new Counter({ name: 'hits_total', help: 'hits', labelNames: ['route'], registers });
const own = new Registry();
const other = new Registry();
// The second registry of a process that declares a name is private: memory storage.
const bound = { shared: make([own]).labels('/'), private: make([other]).labels('/') };

/** One loop each, with code of its own. */
const loops = Object.fromEntries(
  Object.entries(bound).map(([memory, child]) => [
    memory,
    new Function('child', `return (n) => { for (; n > 0; n--) child.inc(); }; // ${memory}`)(child),
  ]),
);
// Until the code is compiled; both in turns.
for (let i = 0; i < 200; i++) for (const loop of Object.values(loops)) loop(BATCH);

/** Updates per second from an appointed time on. */
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
