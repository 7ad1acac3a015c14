/** Calls of a native heap object while a scrape borrows it: a pool thread of the same process prints the heap then. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';

import { loadBinding } from '../../ts/binding';
import type { NativeHeap, ScrapeOptions } from '../../ts/native';
import { Application } from '../support/application';
import { source } from '../support/programs';

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
  ['follows another heap', (heap, other) => heap.follow(other)],
])('while it prints a scrape, a process %s', async (_, act) => {
  const heap = open();
  const text = heap.scrapeString(ALL);
  expect(() => act(heap, open())).not.toThrow();
  expect(await text).toBe('\n');
});

test('a thread that had no metrics makes some while it prints a scrape: they are in the heap', async () => {
  const app = new Application({ 'late.js': source('processes/lent/late.cjs') });
  made.push(app);
  const program = app.run('late.js');
  const { n, late, many } = JSON.parse(await program.line()) as Record<string, number>;
  expect(await program.ended).toBe(0);
  expect(program.errors).toBe('');
  expect(n).toBeGreaterThan(0);
  expect({ late, many }).toEqual({ late: n, many: 20_000 });
});
