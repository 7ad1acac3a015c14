/** A histogram, or a summary, is never seen half-updated, by another process, while it is updated at full speed. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Values whose buckets are there, and empty. */
const OTHERS = 'Array.from({ length: 60 }, (_, n) => 2 ** (n + 3))';

const SECONDS = Number(process.env['MPMETRICS_TEST_UNTORN_SECONDS'] ?? 5);

/**
 * Observes for ever, as the package does it: 1 in a histogram; in a summary in turn 1 and 4, each as often as all
 * before together and once more, until it begins anew. So the count tells the sum, and which of both the median is.
 * Their buckets are read last, after those of many values that are forgotten, so that there is time to tear them.
 */
const WRITER = `
const OTHERS = ${OTHERS};
const { Histogram, Summary } = require('mpmetrics');
const histogram = new Histogram({ name: 'work', help: 'w', buckets: [0.5, 1, 2] });
const summary = new Summary({ name: 'size', help: 's', percentiles: [0.5] });
for (const value of [1, 4, ...OTHERS]) summary.observe(value);
summary.reset();
let turn = 0;
setInterval(() => {
  for (let round = 0; round < 1_000; round++) {
    for (let i = 0; i < 2_000; i++) histogram.observe(1);
    if (turn === 48) summary.reset();
    turn %= 48;
    summary.observe(turn % 2 === 0 ? 1 : 4, 2 ** turn++);
  }
}, 0);
`;

/** Seconds of one try of the control, which is seen torn in the first of them. */
const CONTROL = Math.min(10, SECONDS);

/** The control: the same cells, the same stores, without the sequence words. */
const CARELESS = `
const { join } = require('node:path');
const part = (name) => require(join(require.resolve('mpmetrics'), '..', name));
const heap = part('binding').loadBinding().openHeap({ path: process.env.MPMETRICS_SEGMENT, create: true });
const { bucketOf, CELLS } = part('storage');
const writer = heap.writer(0);
const out = new Uint32Array(8);
function bind(name, kind, bounds) {
  const spec = { tag: 'default', name, help: 'w', kind, aggregator: 'sum', labelNames: [] };
  writer.bind(writer.family({ ...spec, bounds: new Float64Array(bounds) }, 0), '', '', out);
  return [out[1], out[2], out[6], out[5]];
}
const [slab, first] = bind('work', 2, [0.5, 1, 2]);
const cells = new Float64Array(writer.slab(slab));
const bucket = first + 2, sum = first + 5;
const size = bind('size', 3, [0, 1, 0, 0.5]);
const i = size[1];
const sizes = new Float64Array(writer.slab(size[0]));
sizes[i + 6] = 1;
sizes[i + 7] = 4;
const values = [1, 4, ...${OTHERS}].map((value) => {
  const place = new Uint32Array(3);
  writer.buckets(...size, Math.floor(bucketOf(value) / CELLS), place);
  const counts = new Float64Array(writer.slab(place[1]));
  return { value, counts, at: place[2] + (bucketOf(value) % CELLS) };
});
let turn = 0;
setInterval(() => {
  for (let round = 0; round < 1_000; round++) {
    for (let n = 0; n < 2_000; n++) { cells[bucket] += 1; cells[sum] += 1; }
    if (turn === 48) {
      sizes[i + 1] = sizes[i + 2] = 0;
      for (const { counts, at } of values.slice(0, 2)) counts[at] = 0;
    }
    turn %= 48;
    const { value, counts, at } = values[turn % 2];
    const times = 2 ** turn++;
    sizes[i + 1] += times;
    sizes[i + 2] += times * value;
    counts[at] += times;
  }
}, 0);
`;

const READER = `
const { configure, register } = require('mpmetrics');
const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
/** Sums by count, and the value that came last. */
const states = new Map();
for (let turn = 0, count = 0, sum = 0; turn < 48; turn++) {
  const last = turn % 2 === 0 ? 1 : 4;
  count += 2 ** turn;
  sum += last * 2 ** turn;
  states.set(count, { sum, last });
}
(async () => {
  const seen = new Set();
  const result = { scrapes: 0, torn: 0, fallen: 0, uneven: 0, last: 0, apart: 0, misranked: 0 };
  const until = Date.now() + Number(process.argv[2]);
  while (Date.now() < until) {
    const text = await register.metrics();
    const value = (name) => Number((text.match(new RegExp('^' + name + ' (.*)$', 'm')) ?? [])[1]);
    // Before, the summary's buckets are being made.
    if (!(value('work_count') > 0)) continue;
    result.scrapes++;
    if (value('work_sum') !== value('work_count')) result.torn++;
    if (value('work_bucket{le="\\\\+Inf"}') !== value('work_count')) result.uneven++;
    if (value('work_count') < result.last) result.fallen++;
    result.last = value('work_count');
    if (value('size_count') > 0) {
      const state = states.get(value('size_count'));
      if (state === undefined || state.sum !== value('size_sum')) result.apart++;
      else if (!(Math.abs(value('size{quantile="0.5"}') - state.last) < 0.1)) result.misranked++;
      seen.add(state);
    }
  }
  const { tornRetries, tornGivenUp } = openSegment({ create: false }).stats();
  console.log(JSON.stringify({ ...result, states: seen.size, tornRetries, tornGivenUp }));
  process.exit();
})();
`;

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
  const app = new Application({ 'writer.js': writer, 'reader.js': READER });
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
    const result = await read(WRITER, SECONDS);
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
      const { torn, misranked } = await read(CARELESS, CONTROL);
      seen.torn ||= torn > 0;
      seen.misranked ||= misranked > 0;
    }
    expect(seen).toEqual({ torn: true, misranked: true });
  },
);
