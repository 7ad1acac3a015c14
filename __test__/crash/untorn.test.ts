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

interface Read {
  scrapes: number;
  /** Scrapes in which the histogram's sum does not match its count. */
  torn: number;
  /** Scrapes in which the histogram's count is lower than in the scrape before. */
  fallen: number;
  /** Scrapes in which the histogram's last bucket does not match its count. */
  uneven: number;
  /** The histogram's count in the last scrape. */
  last: number;
  /** Scrapes in which the summary's sum does not match its count. */
  apart: number;
  /** Scrapes in which the summary's median does not match its count. */
  misranked: number;
  /**
   * How many of the summary's 48 states were seen. The writer makes 48 turns between two resets, and each turn brings
   * the summary into another state.
   */
  states: number;
  tornRetries: number;
  tornGivenUp: number;
}

async function read(writer: string, how: 'seen' | number): Promise<Read> {
  const app = new Application({
    'writer.js': writer,
    'reader.js': source('crash/untorn/reader.cjs'),
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/torn.heap` };
  const writing = app.run('writer.js', { env });
  const stopped = writing.ended.then((code) => {
    throw new Error(`the writer ended with ${code}: ${writing.errors}`);
  });
  const reader = app.run('reader.js', { env, args: [String(how)] });
  // `afterEach` kills the writer. If the writer ends by itself before that, the test fails.
  return JSON.parse(await Promise.race([reader.line(LIMIT), stopped])) as Read;
}

test(
  'sum, count and buckets match in every scrape',
  { timeout: LIMIT + SECONDS * 1000 },
  async () => {
    const result = await read(source('crash/untorn/writer.cjs'), SECONDS * 1000);
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
  { timeout: LIMIT },
  async () => {
    // On a busy machine, reader and writer may share one processor and run in turn. Then a torn read may come late.
    const { torn, misranked } = await read(source('crash/untorn/careless.cjs'), 'seen');
    expect(torn).toBeGreaterThan(0);
    expect(misranked).toBeGreaterThan(0);
  },
);
