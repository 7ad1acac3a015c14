/**
 * What a stranger reads while workers count at full speed and are killed: after each kill exactly what was acknowledged,
 * and perhaps the update that was under way; and never less than before.
 */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const KILLS = 12;
/** At least so many reads have to be made while two workers count. */
const READS = 100;

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** What `killer.cjs` prints after each kill. */
interface Kill {
  /** The updates that the role's workers have acknowledged so far. */
  acknowledged: number;
  role: number;
  text: string;
  torn: number;
  /** Reads while the workers counted: all, those without a torn part, and the first thing that was wrong with one. */
  reads: number;
  whole: number;
  wrong: string | null;
}

test('counts are exact after each kill, and rise meanwhile', async () => {
  const app = new Application({
    'killer.js': source('processes/commands-exact/killer.cjs'),
    'worker.js': source('processes/commands-exact/worker.cjs'),
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/test.heap` };
  const killer = app.run('killer.js', { env, args: [String(KILLS), String(READS)] });
  const gaps = [0, 0];
  for (let i = 0; i < KILLS; i++) {
    const told = JSON.parse(await killer.line(120_000)) as Kill;
    expect(told.wrong).toBeNull();
    expect(told.reads).toBeGreaterThanOrEqual(READS);
    expect(told.whole).toBeGreaterThan(0);
    const found = samples(told.text);
    const of = `{role="${String(told.role)}"}`;
    const counted = found.get(`updates_total${of}`)! - told.acknowledged;
    expect(counted - gaps[told.role]!).toBeOneOf([0, 1]);
    gaps[told.role] = counted;
    const observed = found.get(`work_count${of}`)! - told.acknowledged;
    // Each kill may have come between the observation and the count of one update.
    expect(observed - counted).toBeGreaterThanOrEqual(0);
    expect(observed - counted).toBeLessThanOrEqual(i + 1);
  }
  expect(await killer.ended).toBe(0);
  expect(killer.errors).toBe('');
});
