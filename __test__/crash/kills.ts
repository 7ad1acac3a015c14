/**
 * The program that kills writers, and what is to be true of what it saw. It is an application's own
 * script, so that it runs against a checkout and against an installed package alike.
 */
import { expect } from 'vitest';

import type { Program } from '../support/application';

/** How many; `npm run torture` and other versions of Node.js have figures of their own. */
export const KILLS = Number(process.env['MPMETRICS_TEST_KILLS'] ?? 200);

/** Milliseconds that so many kills may take on a slow machine. */
export const PATIENCE = Math.max(180_000, KILLS * 1_000);

/** What the program prints at its end. */
export interface Killed {
  kills: number;
  /** By place: updates that the victims wrote to their pipe, and updates that the last scrape shows. */
  acknowledged: number[];
  scraped: number[];
  /** Kills after which one more update was scraped than acknowledged. */
  inFlight: number;
  /** Kills after which the difference changed by anything but 0 or 1. */
  wrong: string[];
  fallen: string[];
  slowestScrape: number;
  usedAfterFirst: number;
  usedAtEnd: number;
  slots: number;
  adoptions: number;
}

export const VICTIM = `
const { writeSync } = require('node:fs');
const { Counter, Histogram, Gauge } = require('mpmetrics');
const place = process.argv[2];
const counter = new Counter({ name: 'updates_total', help: 'u', labelNames: ['place'] });
const histogram = new Histogram({ name: 'work', help: 'w', labelNames: ['place'], buckets: [0.5, 1, 2] });
new Gauge({ name: 'alive', help: 'a' }).set(1);
const labels = { place };
const one = Buffer.from('x');
// Synchronous: an acknowledgement is in the pipe before the next update, and survives the kill.
for (;;) {
  histogram.observe(labels, 1);
  counter.inc(labels);
  writeSync(1, one);
}
`;

export const KILLER = `
const { spawn } = require('node:child_process');
const { register } = require('mpmetrics');
const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
const KILLS = Number(process.argv[2]);
const PLACES = 4;
const result = { kills: 0, acknowledged: [0, 0, 0, 0], scraped: [0, 0, 0, 0], inFlight: 0, wrong: [],
  fallen: [], slowestScrape: 0, usedAfterFirst: 0, usedAtEnd: 0, slots: 0, adoptions: 0 };
const last = new Map();
const replaced = new Set();
const gap = [0, 0, 0, 0];

function start(place) {
  const victim = spawn(process.execPath, ['victim.js', String(place)], { stdio: ['ignore', 'pipe', 'inherit'] });
  victim.acknowledged = 0;
  victim.stdout.on('data', (chunk) => {
    victim.acknowledged += chunk.length;
    result.acknowledged[place] += chunk.length;
  });
  victim.closed = new Promise((resolve) => victim.on('close', resolve));
  return victim;
}

async function scrape() {
  const began = process.hrtime.bigint();
  const text = await register.metrics();
  result.slowestScrape = Math.max(result.slowestScrape, Number(process.hrtime.bigint() - began) / 1e6);
  const found = new Map();
  for (const [, series, value] of text.matchAll(/^(\\w+(?:{.*?})?) (.*)$/gm)) {
    if (series.startsWith('alive')) continue;
    found.set(series, Number(value));
    if (!(Number(value) >= (last.get(series) ?? 0))) {
      result.fallen.push(series + ': ' + last.get(series) + ' -> ' + value);
    }
  }
  for (const series of last.keys()) if (!found.has(series)) result.fallen.push(series + ' is gone');
  for (const [series, value] of found) last.set(series, value);
  return found;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

(async () => {
  const victims = [0, 1, 2, 3].map(start);
  while (result.kills < KILLS) {
    const place = Math.floor(Math.random() * PLACES);
    const victim = victims[place];
    while (victim.acknowledged === 0) await sleep(1);
    await sleep(Math.random() * 5);
    victim.kill('SIGKILL');
    await victim.closed;
    result.kills++;
    const found = await scrape();
    const scraped = found.get('updates_total{place="' + place + '"}');
    const now = scraped - result.acknowledged[place];
    if (now === gap[place] + 1) result.inFlight++;
    else if (now !== gap[place]) result.wrong.push(place + ': ' + gap[place] + ' -> ' + now);
    gap[place] = now;
    const counted = found.get('work_count{place="' + place + '"}');
    if (counted < scraped || counted > scraped + result.kills) result.wrong.push('work ' + counted + ' of ' + scraped);
    if (found.get('work_bucket{le="+Inf",place="' + place + '"}') !== counted) result.wrong.push('buckets');
    const sum = found.get('work_sum{place="' + place + '"}');
    if (sum > counted || sum < counted - result.kills) result.wrong.push('sum ' + sum + ' of ' + counted);
    victims[place] = start(place);
    replaced.add(place);
    if (replaced.size === PLACES && !result.usedAfterFirst) {
      while (victims.some((one) => one.acknowledged === 0)) await sleep(1);
      result.usedAfterFirst = openSegment({ create: false }).stats().usedBytes;
    }
  }
  for (const victim of victims) victim.kill('SIGKILL');
  await Promise.all(victims.map((victim) => victim.closed));
  const found = await scrape();
  for (let place = 0; place < PLACES; place++) {
    result.scraped[place] = found.get('updates_total{place="' + place + '"}');
  }
  const stats = openSegment({ create: false }).stats();
  Object.assign(result, { usedAtEnd: stats.usedBytes, slots: stats.slots, adoptions: stats.adoptions });
  console.log(JSON.stringify(result));
})();
`;

/** Reads the result and holds it against the promise. */
export async function expectKept(program: Program, kills: number): Promise<Killed> {
  const result = JSON.parse(await program.line(PATIENCE)) as Killed;
  expect(result.kills).toBe(kills);
  expect(result.wrong).toEqual([]);
  expect(result.fallen).toEqual([]);
  // The last four kills come on top.
  const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
  expect(total(result.scraped)).toBeGreaterThanOrEqual(total(result.acknowledged));
  expect(total(result.scraped)).toBeLessThanOrEqual(total(result.acknowledged) + kills + 4);
  // Else the kills missed the window between update and acknowledgement, and nothing was shown. A few kills may.
  expect(result.inFlight).toBeGreaterThanOrEqual(2.5 * Math.floor(kills / 100));
  expect(result.usedAtEnd).toBe(result.usedAfterFirst);
  expect(result.adoptions).toBeGreaterThanOrEqual(kills - 4);
  expect(result.slots).toBeLessThanOrEqual(5);
  expect(result.slowestScrape).toBeLessThan(2_000);
  return result;
}
