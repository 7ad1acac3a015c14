/** A histogram is never seen half-updated, by another process, while it is updated at full speed. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const SECONDS = Number(process.env['MPMETRICS_TEST_UNTORN_SECONDS'] ?? 5);

/** Observes 1 for ever, as the package does it. */
const WRITER = `
const { Histogram, Summary } = require('mpmetrics');
const histogram = new Histogram({ name: 'work', help: 'w', buckets: [0.5, 1, 2] });
const summary = new Summary({ name: 'size', help: 's' });
setInterval(() => { for (let i = 0; i < 2e6; i++) { histogram.observe(1); summary.observe(1); } }, 0);
`;

/** The control: the same cells, the same stores, without the sequence words. */
const CARELESS = `
const { loadBinding } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'binding'));
const heap = loadBinding().openHeap({ path: process.env.MPMETRICS_SEGMENT, create: true });
const writer = heap.writer(0);
const spec = { tag: 'default', name: 'work', help: 'w', kind: 2, aggregator: 'sum', labelNames: [] };
const family = writer.family({ ...spec, bounds: new Float64Array([0.5, 1, 2]) }, 0);
const out = new Uint32Array(8);
writer.bind(family, '', '', out);
const cells = new Float64Array(writer.slab(out[1]));
const bucket = out[2] + 2, sum = out[2] + 5;
setInterval(() => { for (let i = 0; i < 2e6; i++) { cells[bucket] += 1; cells[sum] += 1; } }, 0);
`;

const READER = `
const { configure, register } = require('mpmetrics');
const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
(async () => {
  const result = { scrapes: 0, torn: 0, fallen: 0, uneven: 0, last: 0 };
  const until = Date.now() + ${String(SECONDS * 1000)};
  while (Date.now() < until) {
    const text = await register.metrics();
    const value = (name) => Number((text.match(new RegExp('^' + name + ' (.*)$', 'm')) ?? [])[1]);
    if (Number.isNaN(value('work_count'))) continue;
    result.scrapes++;
    if (value('work_sum') !== value('work_count')) result.torn++;
    if (text.includes('size_count') && value('size_sum') !== value('size_count')) result.torn++;
    if (value('size_count') > 0 && value('size{quantile="0.5"}') !== 1) result.torn++;
    if (value('work_bucket{le="\\\\+Inf"}') !== value('work_count')) result.uneven++;
    if (value('work_count') < result.last) result.fallen++;
    result.last = value('work_count');
  }
  const { tornRetries, tornGivenUp } = openSegment({ create: false }).stats();
  console.log(JSON.stringify({ ...result, tornRetries, tornGivenUp }));
  process.exit();
})();
`;

interface Read {
  scrapes: number;
  torn: number;
  fallen: number;
  uneven: number;
  last: number;
  tornRetries: number;
  tornGivenUp: number;
}

async function read(writer: string): Promise<Read> {
  const app = new Application({ 'writer.js': writer, 'reader.js': READER });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/torn.heap` };
  app.run('writer.js', { env });
  return JSON.parse(await app.run('reader.js', { env }).line(SECONDS * 1000 + 30_000)) as Read;
}

test(
  'sum and count belong together in every scrape',
  { timeout: SECONDS * 1000 + 60_000 },
  async () => {
    const result = await read(WRITER);
    expect(result.scrapes).toBeGreaterThan(100);
    expect(result.last).toBeGreaterThan(2e5 * SECONDS);
    expect(result).toMatchObject({ torn: 0, fallen: 0, uneven: 0, tornGivenUp: 0 });
    // Else the reader never met the writer, and nothing was shown.
    expect(result.tornRetries).toBeGreaterThan(0);
  },
);

test(
  'the control, which stores without the sequence words, is seen torn',
  { timeout: SECONDS * 1000 + 60_000 },
  async () => {
    expect((await read(CARELESS)).torn).toBeGreaterThan(0);
  },
);
