/**
 * A large text is handed to JavaScript without a copy: it must be whole, outlive the thread that scraped it
 * for those who were given it, and be freed when nobody has it any more.
 */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const SERIES = 20_000;
const SCRAPES = 150;

const APP = `
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { Counter, register } = require('mpmetrics');
const { setFlagsFromString } = require('node:v8');
setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');

async function main() {
  const counter = new Counter({ name: 'large_total', help: 'l', labelNames: ['id'] });
  for (let i = 0; i < ${SERIES}; i++) counter.inc({ id: 'number ' + i }, i);
  const text = await register.metrics();
  const lines = text.match(/^large_total\\{.*$/gm);
  const right = lines.every((line, i) => line === 'large_total{id="number ' + i + '"} ' + i);
  const sameAsBuffer = (await register.metricsBuffer()).equals(Buffer.from(text));

  const worker = new Worker(__filename);
  const sent = await new Promise((resolve) => worker.once('message', resolve));
  await worker.terminate();
  const outlives = sent === text;

  gc();
  const before = process.memoryUsage.rss();
  let length = 0;
  for (let i = 0; i < ${SCRAPES}; i++) {
    length += (await register.metrics()).length;
    if (i % 10 === 9) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const grown = process.memoryUsage.rss() - before;
  console.log(JSON.stringify({ lines: lines.length, right, sameAsBuffer, outlives, length, grown }));
}

async function thread() {
  const held = [];
  for (let i = 0; i < 3; i++) held.push(await register.metrics());
  // Ended by the main thread, with three of them still in hand.
  parentPort.postMessage(held[1]);
  setInterval(() => held.length, 1000);
}

if (isMainThread) main();
else thread();
`;

test('a large text is whole, outlives its thread, and is freed', async () => {
  const app = new Application({ 'app.js': APP });
  made.push(app);
  const program = app.run('app.js');
  const told = JSON.parse(await program.line()) as Record<string, number | boolean>;
  expect(told).toMatchObject({ lines: SERIES, right: true, sameAsBuffer: true, outlives: true });
  // All of them together are over 90 MB; what is left is the allocator's.
  expect(told['length']).toBeGreaterThan(90e6);
  expect(told['grown']).toBeLessThan(45e6);
  expect(await program.ended).toBe(0);
  expect(program.errors).toBe('');
});
