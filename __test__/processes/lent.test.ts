/** What a process does while a scrape of its own is being printed: the binding lends the heap to the scrape until then. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';

import { loadBinding } from '../../ts/binding';
import type { NativeHeap, ScrapeOptions } from '../../ts/native';
import { Application } from '../support/application';

const folder = mkdtempSync(join('/dev/shm', 'mpmetrics-test-'));
let segments = 0;
const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function open(path = join(folder, `${String(++segments)}.heap`)): NativeHeap {
  return loadBinding()!.openHeap({ path, create: true })!;
}

const ALL: ScrapeOptions = {
  format: 'text',
  scope: 'application',
  tags: [],
  families: [],
  plain: false,
  now: 0,
};

test.each<[string, (heap: NativeHeap, other: NativeHeap) => unknown]>([
  ['claims a slot', (heap) => heap.writer(0)],
  ['rings', (heap) => heap.ring(1, () => undefined)],
  ['asks whether it follows another', (heap, other) => heap.follow(other)],
])('it %s', async (_, act) => {
  const heap = open();
  const text = heap.scrapeString(ALL);
  expect(() => act(heap, open())).not.toThrow();
  expect(await text).toBe('\n');
});

/** Its main thread makes its first metric while it prints what its worker has. */
const LATE = `
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { Counter, register } = require('mpmetrics');
if (!isMainThread) {
  const counter = new Counter({ name: 'many_total', help: 'm', labelNames: ['n'] });
  for (let n = 0; n < 20_000; n++) counter.inc({ n });
  parentPort.postMessage('ready');
} else {
  process.on('warning', ({ message }) => console.error(message));
  new Worker(__filename).once('message', async () => {
    let pending = true;
    const first = register.metrics().finally(() => (pending = false));
    let n = 0;
    const turn = () => {
      if (!pending) return;
      new Counter({ name: 'late_' + n + '_total', help: 'l' }).inc();
      n++;
      setTimeout(turn, 1);
    };
    turn();
    await first;
    const text = await register.metrics();
    const lines = (pattern) => text.match(pattern)?.length ?? 0;
    console.log(JSON.stringify({ n, late: lines(/^late_\\d+_total 1$/gm), many: lines(/^many_total\\{.* 1$/gm) }));
    process.exit();
  });
}
`;

test('a process that makes its first metric meanwhile has it in the heap', async () => {
  const app = new Application({ 'late.js': LATE });
  made.push(app);
  const program = app.run('late.js');
  const { n, late, many } = JSON.parse(await program.line()) as Record<string, number>;
  expect(await program.ended).toBe(0);
  expect(program.errors).toBe('');
  expect(n).toBeGreaterThan(0);
  expect({ late, many }).toEqual({ late: n, many: 20_000 });
});
