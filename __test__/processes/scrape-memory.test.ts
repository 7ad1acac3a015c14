/**
 * A process that is only scraped makes little garbage in V8's heap. V8 has to know of the memory of the texts, so that
 * it collects them, and resident memory stays flat after the first tenth of the scrapes.
 */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Number of scrapes of 100 KB. There are a hundredth as many of 5 MB, but at least 60. */
const SCRAPES = Number(process.env['MPMETRICS_TEST_SCRAPES'] ?? 4_000);

test.each([
  // `most`: the bytes by which resident memory may grow. Here it is what V8's young generation may take.
  { length: 100_000, scrapes: SCRAPES, most: 48e6 },
  // Here it includes 64 MB of external memory, too, after which V8 collects garbage.
  { length: 5_000_000, scrapes: Math.max(60, SCRAPES / 100), most: 128e6 },
])(
  'resident memory stays flat in $scrapes scrapes of $length bytes',
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
