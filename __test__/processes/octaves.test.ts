/**
 * Bytes of the segment that a summary needs if it observes values of any magnitude, for each writer of each series, as
 * a scrape shows them. It uses the public interface only, so that it runs against any build.
 */
import { afterEach, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const WRITERS = 2;
const SERIES = 10;
/** What README.md says that a series takes of a writer, without a window: for 64 octaves. */
const KEPT_BYTES = 18 * 1024;
/** A window has buckets of its own for each part of it. */
const AGE_BUCKETS = 5;

const OBSERVE = `
  kept.observe = (values) => {
    for (let n = 0; n < ${SERIES}; n++) for (const value of values) kept.summary.observe({ n }, value);
  };
  kept.observe([1]);`;

/** The largest value of each octave that there is, of both signs: 4,196. */
const HOSTILE = `
  for (let power = -1074; power <= 1023; power++) kept.observe([2 ** power, -(2 ** power)]);`;

test.each([
  ['for ever', {}, KEPT_BYTES],
  ['with a window', { maxAgeSeconds: 86_400, ageBuckets: AGE_BUCKETS }, AGE_BUCKETS * KEPT_BYTES],
])('a series takes the bytes of 64 octaves of each writer, %s', async (_, options, most) => {
  const programs = obedient(WRITERS, made);
  const config = { name: 's', help: 'h', labelNames: ['n'], percentiles: [0, 1], ...options };
  const declare = `kept.summary = new mpmetrics.Summary(${JSON.stringify(config)});`;
  await ask(programs[0]!, 'mpmetrics.collectLibraryMetrics();');
  const look = async () => (await scraped(programs[0]!)).seen;

  for (const program of programs) await ask(program, declare + OBSERVE);
  const before = (await look()).get('mpmetrics_heap_used_bytes')!;
  for (const program of programs) await ask(program, HOSTILE);
  // What was counted beside the segment is told with a process's own scrape.
  for (const program of programs) await scraped(program);
  const seen = await look();
  const each = (seen.get('mpmetrics_heap_used_bytes')! - before) / (WRITERS * SERIES);
  expect(each, 'bytes of a series in a writer').toBeLessThanOrEqual(most);
  // They are of octaves that are kept: without any, it would be a few hundred.
  expect(each).toBeGreaterThan(KEPT_BYTES / 2);

  const all = WRITERS * SERIES * 4_196;
  const clamped = seen.get('mpmetrics_clamped_observations_total')!;
  // What is beyond the 64 octaves, one of which is that of the 1 before.
  expect(clamped).toBe(all + WRITERS * SERIES - WRITERS * SERIES * (64 + 1));
  expect(seen.get('mpmetrics_unranked_observations_total')).toBe(0);
  for (let n = 0; n < SERIES; n++) {
    expect(seen.get(`s_count{n="${n}"}`)).toBe(all / SERIES + WRITERS);
    expect(seen.get(`s{quantile="0",n="${n}"}`)).toBe(-(2 ** 1023));
    expect(seen.get(`s{quantile="1",n="${n}"}`)).toBe(2 ** 1023);
  }
});
