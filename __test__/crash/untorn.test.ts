/** While a process updates a histogram and a summary at full speed, scrapes of another never show half an update. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const SECONDS = Number(process.env['MPMETRICS_TEST_UNTORN_SECONDS'] ?? 5);

/** Seconds of one try with `careless.cjs`, whose torn reads are seen within the first second. */
const CONTROL = Math.min(10, SECONDS);

interface Read {
  scrapes: number;
  torn: number;
  fallen: number;
  uneven: number;
  last: number;
  /** Scrapes in which the summary's sum does not match its count. */
  apart: number;
  /** Scrapes in which the summary's median does not match its count. */
  misranked: number;
  /** How many of the summary's 48 states were seen: it has one after each of the 48 observations between resets. */
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
  'sum, count and buckets match in every scrape',
  { timeout: LIMIT + SECONDS * 1000 },
  async () => {
    const result = await read(source('crash/untorn/writer.cjs'), SECONDS);
    expect(result.scrapes).toBeGreaterThan(100);
    // The writer observes at full speed, so there are hundreds of observations for each scrape.
    expect(result.last).toBeGreaterThan(100 * result.scrapes);
    const whole = { torn: 0, fallen: 0, uneven: 0, apart: 0, misranked: 0, tornGivenUp: 0 };
    expect(result).toMatchObject(whole);
    expect(result.states).toBeGreaterThan(24);
    // Without a retry no scrape met an update under way, and the test would show nothing.
    expect(result.tornRetries).toBeGreaterThan(0);
  },
);

test(
  'torn reads of a writer that stores without the sequence words are seen',
  { timeout: LIMIT + 5 * CONTROL * 1000 },
  async () => {
    const seen = { torn: false, misranked: false };
    // Several tries: on a busy machine reader and writer may run in turn on one processor, without a torn read.
    for (let tries = 0; tries < 5 && !(seen.torn && seen.misranked); tries++) {
      const { torn, misranked } = await read(source('crash/untorn/careless.cjs'), CONTROL);
      seen.torn ||= torn > 0;
      seen.misranked ||= misranked > 0;
    }
    expect(seen).toEqual({ torn: true, misranked: true });
  },
);
