'use strict';
/**
 * The soak's primary: four workers, of which the first lives on and another is killed now and then; a scrape each
 * 200 ms; a line of JSON with each figure for each of the soak's 240 parts.
 *
 * `primary.cjs SECONDS SETS TTL KILLS`: how long, label sets a second of all workers, seconds until an idle one
 * expires, and seconds between two kills (0 for none).
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
  const place = 1 + Math.floor(Math.random() * (WORKERS - 1));
  const dying = workers[place];
  dying.once('exit', () => (workers[place] = cluster.fork()));
  dying.process.kill('SIGKILL');
}

/** Kilobytes of a process that are in memory; 0 once it is gone. */
function resident(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    return 0;
  }
}

/** The most of each figure since the last line. */
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
      // Until the first worker has a metric there is none.
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
