/**
 * A large text is passed to JavaScript without a copy. It must be complete, also if the thread that scraped it
 * is terminated while it holds the text, and be freed when the program does not use it any more.
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

test('a large text is complete, also one of a thread that is terminated while it holds it, and is freed', async () => {
  const app = new Application({ 'app.js': source('processes/large-text/app.cjs') });
  made.push(app);
  const program = app.run('app.js', { args: [SERIES, SCRAPES].map(String) });
  const told = JSON.parse(await program.line()) as Record<string, number | boolean>;
  expect(told).toMatchObject({ lines: SERIES, right: true, sameAsBuffer: true });
  expect(told['sameFromThread']).toBe(true);
  // All texts together have over 90 MB. The process may grow by what the allocator keeps.
  expect(told['length']).toBeGreaterThan(90e6);
  expect(told['grown']).toBeLessThan(45e6);
  expect(await program.ended).toBe(0);
  expect(program.errors).toBe('');
});
