/** Measures whole servers: clusters of two workers under load, whose primary is scraped each second. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import autocannon from 'autocannon';

import { FRAMEWORKS, PATHS } from './applications.mjs';
import { ended, hear, start, withSegment } from './heap.mjs';
import { median, percentile } from './numbers.mjs';

const CONNECTIONS = 32;
/** Label sets of a histogram that every worker has. */
const LABEL_SETS = 2_000;
/** Seconds of load before the measurement. */
const WARM_UP = 2;

/** @param {string | undefined} client */
function titleOf(framework, client) {
  if (client === undefined) return `${framework}, no metrics`;
  if (client === 'mpmetrics') return `${framework}, mpmetrics`;
  return `${framework}, ${client} with ${FRAMEWORKS[framework]}`;
}

const ROWS = Object.keys(FRAMEWORKS).flatMap((framework) =>
  [undefined, 'prom-client', 'mpmetrics'].map((client) => ({
    ...{ framework, client },
    title: titleOf(framework, client),
  })),
);

/** Sends requests for some seconds. Returns the milliseconds of each answer. */
async function load(port, duration) {
  const milliseconds = [];
  const result = await autocannon({
    ...{ url: `http://127.0.0.1:${port}`, connections: CONNECTIONS, duration },
    requests: PATHS.map((path) => ({ path })),
    setupClient(client) {
      client.on('response', (_status, _bytes, time) => milliseconds.push(time));
    },
  });
  const { errors, non2xx } = result;
  assert.deepEqual({ errors, non2xx }, { errors: 0, non2xx: 0 }, 'requests failed');
  return milliseconds;
}

/** Returns an answer's text. */
function ask(port) {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent: false }, (answer) => {
      text(answer).then(resolve, reject);
    }).on('error', reject);
  });
}

/** Scrapes once a second, for some seconds. */
async function scrapeEachSecond(port, seconds) {
  const end = performance.now() + seconds * 1_000;
  for (let next = performance.now(); next < end; next += 1_000) {
    await sleep(Math.max(0, next - performance.now()));
    await ask(port);
  }
}

/** Throws if a scrape lacks requests or label sets, because then the measured cost of the metrics is too low. */
function expectCounted(scraped, answered) {
  const counts = scraped.matchAll(/^http_request_duration_seconds_count\{.* (\d+)$/gm);
  const counted = [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  // At the end of each of two loads, every connection has a request that may be counted without an answer.
  const good = counted >= answered && counted <= answered + 2 * CONNECTIONS;
  assert.ok(good, `${answered} requests were answered, and ${counted} are counted`);
  const sets = scraped.match(/^job_seconds_count\{/gm)?.length;
  assert.equal(sets, LABEL_SETS, 'the scrape lacks label sets');
}

/** Measures a server in processes and a segment of its own. */
function measure({ framework, client }, seconds) {
  return withSegment(async (segment) => {
    const child = start('served.mjs', { framework, client, labelSets: LABEL_SETS }, segment);
    const { port, metricsPort } = await hear(child);
    const usage = async () => {
      child.send('usage');
      return hear(child);
    };
    const warm = await load(port, WARM_UP);
    const before = await usage();
    const from = performance.now();
    const scrapes = client !== undefined && scrapeEachSecond(metricsPort, seconds);
    const [milliseconds] = await Promise.all([load(port, seconds), scrapes]);
    const passed = (performance.now() - from) / 1_000;
    const after = await usage();
    if (client !== undefined) {
      expectCounted(await ask(metricsPort), warm.length + milliseconds.length);
    }
    child.disconnect();
    await ended(child);
    return {
      perSecond: milliseconds.length / passed,
      cpu: (after.workers - before.workers) / milliseconds.length,
      middle: median(milliseconds),
      slowest: percentile(milliseconds, 0.999),
      primary: (after.primary - before.primary) / 1_000 / passed,
    };
  });
}

/**
 * @param {{ rounds: number, seconds: number, say: (text: string) => void }} options `seconds` per server and round
 * @returns {Promise<{ title: string, perSecond: number, cpu: number, middle: number, slowest: number,
 *   primary: number }[]>} medians of the rounds: answered requests per second, microseconds of processor time that the
 *   workers take per request, milliseconds until an answer (the median and 99.9 %), and milliseconds of processor time
 *   that the primary takes per second
 */
export async function measureServers({ rounds, seconds, say }) {
  const samples = ROWS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // The order alternates, so that a slow minute of the machine affects all.
    const order = round % 2 === 0 ? [...ROWS.keys()] : [...ROWS.keys()].reverse();
    for (const row of order) {
      say(`server, round ${round + 1} of ${rounds}: ${ROWS[row].title}`);
      samples[row].push(await measure(ROWS[row], seconds));
    }
  }
  return ROWS.map(({ title }, row) => {
    const middle = (name) => median(samples[row].map((sample) => sample[name]));
    const names = Object.keys(samples[row][0]);
    return { title, ...Object.fromEntries(names.map((name) => [name, middle(name)])) };
  });
}
