'use strict';
/**
 * One of the soak's workers: fixed routes, and label sets that come, are counted in for a moment and expire.
 *
 * `worker.cjs SETS TTL`: label sets a second, and seconds until an idle one expires.
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
  // By the clock, so that a machine that is late makes up for it, and each worker makes as many.
  const due = Math.min(made + sets, ((performance.now() - began) / 1_000) * sets);
  for (; made < due; made++) count(sessions, { session: `${process.pid}-${made}` });
}, TURN);
