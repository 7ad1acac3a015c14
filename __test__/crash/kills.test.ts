/** SIGKILL of a writer costs at most the update in flight, and no scrape is ever wrong. */
import { afterEach, test } from 'vitest';

import { Application } from '../support/application';
import { expectKept, KILLER, VICTIM } from './kills';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const KILLS = Number(process.env['MPMETRICS_TEST_KILLS'] ?? 200);

test(
  `${String(KILLS)} writers killed at random moments and replaced`,
  { timeout: 600_000 },
  async () => {
    const app = new Application({ 'victim.js': VICTIM, 'killer.js': KILLER });
    made.push(app);
    const program = app.run('killer.js', { args: [String(KILLS)] });
    await expectKept(program, KILLS);
  },
);
