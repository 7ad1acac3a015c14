/**
 * `arrive(who, expected)` counts, waits until the process's own scrape shows all the expected or the time is over, and
 * prints a report: see `application.ts`.
 */
const { join } = require('node:path');
const mpmetrics = require('mpmetrics');
const { openSegment } = require(join(require.resolve('mpmetrics'), '..', 'meeting'));
let counter;
const look = async () => {
  const seen = {};
  for (const [, who, n] of (await mpmetrics.register.metrics()).matchAll(
    /^arrivals_total{who="(.*?)"} (.*)$/gm,
  )) {
    seen[who] = Number(n);
  }
  return seen;
};
exports.count = (who) => {
  counter ??= new mpmetrics.Counter({
    name: 'arrivals_total',
    help: 'Processes that came.',
    labelNames: ['who'],
  });
  counter.inc({ who });
};
exports.show = async (who, expected = []) => {
  const { OutOfPatience, until } = await import('./patience.mjs');
  // A series is there a moment before its first count: it is made, then stored to.
  const all = async () => {
    const seen = await look();
    return expected.every((one) => seen[one] > 0);
  };
  // A process that does not see them says what it sees.
  await until(all, 'not all arrived', 10_000).catch((error) => {
    if (!(error instanceof OutOfPatience)) throw error;
  });
  // A process of another application has time to show.
  if (expected.length < 2) await new Promise((resolve) => setTimeout(resolve, 200));
  const path = openSegment({ create: false })?.path ?? null;
  const text = JSON.stringify({ who, pid: process.pid, path, seen: await look() });
  await new Promise((resolve) => process.stdout.write(text + '\n', resolve));
};
exports.arrive = async (who, expected) => {
  exports.count(who);
  await exports.show(who, expected);
};
