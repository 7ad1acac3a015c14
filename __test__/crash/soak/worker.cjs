'use strict';
/**
 * A worker of the soak test. Updates fixed routes, and makes label sets that it updates once, so that they expire.
 *
 * `worker.cjs SETS TTL`: label sets that it makes in a second, and seconds until an idle label set expires.
 */
const { Counter, Histogram, Summary } = require('mpmetrics');

const [sets, ttlSeconds] = process.argv.slice(2).map(Number);
const ROUTES = 40;
/** Milliseconds between two turns. */
const TURN = 20;
const buckets = [0.01, 0.1, 1, 10];

function metrics(prefix, labelNames, options) {
  const common = { help: 'h', labelNames, ...options };
  return {
    counter: new Counter({ name: `${prefix}_total`, ...common }),
    histogram: new Histogram({ name: `${prefix}_seconds`, buckets, ...common }),
    summary: new Summary({ name: `${prefix}_bytes`, ...common }),
  };
}

const routes = metrics('route', ['route']);
const sessions = metrics('session', ['session'], { ttlSeconds });

function count({ counter, histogram, summary }, labels) {
  const value = -Math.log(1 - Math.random());
  counter.inc(labels);
  histogram.observe(labels, value);
  summary.observe(labels, value * 1_000);
}

let made = 0;
const began = performance.now();
setInterval(() => {
  for (let route = 0; route < ROUTES; route++) count(routes, { route: `/${route}` });
  // The elapsed time says how many label sets are due. So turns after a late one make up for it, and all workers make
  // the same number.
  const due = Math.min(made + sets, ((performance.now() - began) / 1_000) * sets);
  for (; made < due; made++) count(sessions, { session: `${process.pid}-${made}` });
}, TURN);
