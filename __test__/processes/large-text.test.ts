/**
 * A large text is handed to JavaScript without a copy: it must be complete, outlive the thread that scraped it, and be
 * freed when no caller has it any more.
 */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const SERIES = 20_000;
const SCRAPES = 150;

test('a large text is whole, outlives its thread, and is freed', async () => {
  const app = new Application({ 'app.js': source('processes/large-text/app.cjs') });
  made.push(app);
  const program = app.run('app.js', { args: [SERIES, SCRAPES].map(String) });
  const told = JSON.parse(await program.line()) as Record<string, number | boolean>;
  expect(told).toMatchObject({ lines: SERIES, right: true, sameAsBuffer: true, outlives: true });
  // All of them together are over 90 MB; what is left is the allocator's.
  expect(told['length']).toBeGreaterThan(90e6);
  expect(told['grown']).toBeLessThan(45e6);
  expect(await program.ended).toBe(0);
  expect(program.errors).toBe('');
});
