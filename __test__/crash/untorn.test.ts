/** A histogram, or a summary, is never seen half-updated, by another process, while it is updated at full speed. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const SECONDS = Number(process.env['MPMETRICS_TEST_UNTORN_SECONDS'] ?? 5);

/** Seconds of one try of the control, which is seen torn in the first of them. */
const CONTROL = Math.min(10, SECONDS);

interface Read {
  scrapes: number;
  torn: number;
  fallen: number;
  uneven: number;
  last: number;
  /** Of the summary: its sum, or its median, is not that of its count. */
  apart: number;
  misranked: number;
  /** How many of the summary's 48 states were seen. */
  states: number;
  tornRetries: number;
  tornGivenUp: number;
}

async function read(writer: string, seconds: number): Promise<Read> {
  const app = new Application({
    'writer.js': writer,
    'reader.js': source('crash/untorn/reader.cjs'),
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/torn.heap` };
  app.run('writer.js', { env });
  const reader = app.run('reader.js', { env, args: [String(seconds * 1000)] });
  return JSON.parse(await reader.line(seconds * 1000 + 30_000)) as Read;
}

test(
  'sum, count and buckets belong together in every scrape',
  { timeout: LIMIT + SECONDS * 1000 },
  async () => {
    const result = await read(source('crash/untorn/writer.cjs'), SECONDS);
    expect(result.scrapes).toBeGreaterThan(100);
    // At full speed, whatever that is on this machine: each scrape met hundreds of observations.
    expect(result.last).toBeGreaterThan(100 * result.scrapes);
    const whole = { torn: 0, fallen: 0, uneven: 0, apart: 0, misranked: 0, tornGivenUp: 0 };
    expect(result).toMatchObject(whole);
    expect(result.states).toBeGreaterThan(24);
    // Else the reader never met the writer, and nothing was shown.
    expect(result.tornRetries).toBeGreaterThan(0);
  },
);

test(
  'the control, which stores without the sequence words, is seen torn',
  { timeout: LIMIT + 5 * CONTROL * 1000 },
  async () => {
    const seen = { torn: false, misranked: false };
    // On a busy machine both may run in turn on one processor, and then there is nothing to see.
    for (let tries = 0; tries < 5 && !(seen.torn && seen.misranked); tries++) {
      const { torn, misranked } = await read(source('crash/untorn/careless.cjs'), CONTROL);
      seen.torn ||= torn > 0;
      seen.misranked ||= misranked > 0;
    }
    expect(seen).toEqual({ torn: true, misranked: true });
  },
);
