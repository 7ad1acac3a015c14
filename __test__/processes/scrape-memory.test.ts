/**
 * A process that does nothing but be scraped has no reason to collect garbage of its own: the texts must be memory that
 * V8 knows of, and resident memory flat after the first tenth.
 */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Scrapes of 100 KB; a hundredth as many are of 5 MB. */
const SCRAPES = Number(process.env['MPMETRICS_TEST_SCRAPES'] ?? 4_000);

test.each([
  // What the engine's young generation may take.
  { length: 100_000, scrapes: SCRAPES, most: 48e6 },
  // Besides 64 MB of external memory, after which it collects garbage.
  { length: 5_000_000, scrapes: Math.max(60, SCRAPES / 100), most: 128e6 },
])(
  '$scrapes scrapes of $length bytes leave resident memory flat',
  async ({ length, scrapes, most }) => {
    const app = new Application({ 'app.js': source('processes/scrape-memory/app.cjs') });
    made.push(app);
    const args = [String(Math.ceil(length / 58)), String(Math.ceil(scrapes))];
    const program = app.run('app.js', { args });
    const told = JSON.parse(await program.line(SCRAPES * 100 + 60_000)) as Record<string, number>;
    expect(told['length']).toBeGreaterThan(0.9 * length);
    expect(told['length']! * scrapes).toBeGreaterThan(2 * most);
    expect(told['grown']).toBeLessThan(most);
    expect(await program.ended).toBe(0);
  },
  SCRAPES * 100 + 120_000,
);
