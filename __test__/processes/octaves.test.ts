/**
 * Bytes that a summary takes in the segment for each series and writer, if it observes values of all magnitudes. The
 * test reads them in a scrape, and uses the public interface only, so that it runs against any build.
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
/** Bytes that 64 octaves of a series take in one writer, without a window, according to README.md. */
const KEPT_BYTES = 18 * 1024;
/** Number of sub-windows, each of which has buckets of its own. */
const AGE_BUCKETS = 5;

const OBSERVE = `
  kept.observe = (values) => {
    for (let n = 0; n < ${SERIES}; n++) for (const value of values) kept.summary.observe({ n }, value);
  };
  kept.observe([1]);`;

/** Observes each power of two, with both signs: one value in each of 4,196 octaves. */
const HOSTILE = `
  for (let power = -1074; power <= 1023; power++) kept.observe([2 ** power, -(2 ** power)]);`;

test.each([
  ['without a window', {}, KEPT_BYTES],
  ['with a window', { maxAgeSeconds: 86_400, ageBuckets: AGE_BUCKETS }, AGE_BUCKETS * KEPT_BYTES],
])('a series has at most 64 octaves in each writer, %s', async (_, options, most) => {
  const programs = obedient(WRITERS, made);
  const config = { name: 's', help: 'h', labelNames: ['n'], percentiles: [0, 1], ...options };
  const declare = `kept.summary = new mpmetrics.Summary(${JSON.stringify(config)});`;
  await ask(programs[0]!, 'mpmetrics.collectLibraryMetrics();');
  const look = async () => (await scraped(programs[0]!)).seen;

  for (const program of programs) await ask(program, declare + OBSERVE);
  const before = (await look()).get('mpmetrics_heap_used_bytes')!;
  for (const program of programs) await ask(program, HOSTILE);
  // A scrape of a process adds its count of clamped observations to that in the heap.
  for (const program of programs) await scraped(program);
  const seen = await look();
  const each = (seen.get('mpmetrics_heap_used_bytes')! - before) / (WRITERS * SERIES);
  expect(each, 'bytes of a series in a writer').toBeLessThanOrEqual(most);
  // Most of the bytes are octave buckets. Without these, a series takes a few hundred bytes.
  expect(each).toBeGreaterThan(KEPT_BYTES / 2);

  const all = WRITERS * SERIES * 4_196;
  const clamped = seen.get('mpmetrics_clamped_observations_total')!;
  // 64 octaves have buckets, and hold 65 observations: the octave of 1 holds two, because 1 was observed before.
  expect(clamped).toBe(all + WRITERS * SERIES - WRITERS * SERIES * (64 + 1));
  expect(seen.get('mpmetrics_unranked_observations_total')).toBe(0);
  for (let n = 0; n < SERIES; n++) {
    expect(seen.get(`s_count{n="${n}"}`)).toBe(all / SERIES + WRITERS);
    expect(seen.get(`s{quantile="0",n="${n}"}`)).toBe(-(2 ** 1023));
    expect(seen.get(`s{quantile="1",n="${n}"}`)).toBe(2 ** 1023);
  }
});
