'use strict';
/**
 * The primary of the soak test. Starts four workers. Now and then it kills and replaces one of them, but never the
 * first. Scrapes every 200 ms. Divides the duration into 240 equal parts, and prints at the end of each a line of JSON
 * with the maximum of each figure in that part.
 *
 * `primary.cjs SECONDS SETS TTL KILLS`: the duration in seconds, label sets that all workers together make in a second,
 * seconds until an idle label set expires, and seconds between two kills (0 for none).
 */
const cluster = require('node:cluster');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { register } = require('mpmetrics');
const { openSegment } = require(join(require.resolve('mpmetrics'), '..', 'meeting'));

const [seconds, sets, ttl, kills] = process.argv.slice(2).map(Number);
const WORKERS = 4;
const PARTS = 240;
const SCRAPES = 200;

cluster.setupPrimary({
  exec: join(__dirname, 'worker.cjs'),
  args: [String(sets / WORKERS), String(ttl)],
});
const workers = Array.from({ length: WORKERS }, () => cluster.fork());

function replace() {
  const index = 1 + Math.floor(Math.random() * (WORKERS - 1));
  const dying = workers[index];
  dying.once('exit', () => (workers[index] = cluster.fork()));
  dying.process.kill('SIGKILL');
}

/** Returns the resident kilobytes of a process; 0 if it has ended. */
function resident(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    return 0;
  }
}

/** The maximum of each figure since the last line. */
let most = {};
const note = (figures) => {
  for (const [name, value] of Object.entries(figures)) {
    most[name] = Math.max(most[name] ?? 0, value);
  }
};

let scraping = false;
setInterval(() => {
  if (scraping) return;
  scraping = true;
  register.metrics().then(
    (text) => {
      scraping = false;
      // There is no segment until the first worker has made a metric.
      const segment = openSegment({ create: false });
      if (segment === null) return;
      const { usedBytes: bytes, series } = segment.stats();
      const [primary, worker] = [process.pid, workers[0].process.pid].map(resident);
      note({ bytes, series, primary, worker, text: text.length, scrapes: 1 });
    },
    (error) => {
      throw error;
    },
  );
}, SCRAPES);
if (kills > 0) setInterval(replace, kills * 1_000);
let part = 0;
setInterval(
  () => {
    console.log(JSON.stringify(most));
    most = {};
    if (++part === PARTS) process.exit();
  },
  (seconds / PARTS) * 1_000,
);
