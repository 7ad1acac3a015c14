/**
 * `arrive(who, expected)` counts an arrival, waits until a scrape of this process shows the arrivals of all expected
 * processes or the time is over, and prints a report: see `application.ts`.
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
  // A scrape may show a series with 0, because a series is made a moment before its first update.
  const all = async () => {
    const seen = await look();
    return expected.every((one) => seen[one] > 0);
  };
  // A process that does not see all expected arrivals reports those that it sees.
  const begun = Date.now();
  await until(all, 'not all arrived').catch((error) => {
    if (!(error instanceof OutOfPatience)) throw error;
  });
  // Waits, so that the report shows arrivals of other applications if their processes share the segment by mistake.
  if (expected.length < 2) await new Promise((resolve) => setTimeout(resolve, 200));
  const path = openSegment({ create: false })?.path ?? null;
  const waited = Date.now() - begun;
  const text = JSON.stringify({ who, pid: process.pid, path, seen: await look(), waited });
  await new Promise((resolve) => process.stdout.write(text + '\n', resolve));
};
exports.arrive = async (who, expected) => {
  exports.count(who);
  await exports.show(who, expected);
};
