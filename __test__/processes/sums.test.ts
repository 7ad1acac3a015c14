/** No update is lost or invented, over processes and worker threads, whoever is asked. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { LIMIT } from '../support/patience.mjs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Updates of each process and thread; `npm run torture` has ten times as many. */
const EACH = Number(process.env['MPMETRICS_TEST_EACH'] ?? 1_000_000);

/** Milliseconds that they may take on a slow machine. */
const PATIENCE = 30_000 * Math.max(1, EACH / 1_000_000);

/** Counts, waits until all have counted, and prints what it sees. Nothing travels over IPC. */
const COUNT = `
const { Counter, Histogram, Gauge, Summary, register } = require('mpmetrics');
exports.count = async (who, n) => {
  const plain = new Counter({ name: 'plain_total', help: 'p' });
  const labelled = new Counter({ name: 'labelled_total', help: 'l', labelNames: ['who', 'odd'] });
  const histogram = new Histogram({ name: 'work', help: 'h', labelNames: ['odd'], buckets: [1, 2, 3] });
  const summary = new Summary({ name: 'size', help: 's' });
  const halves = new Summary({ name: 'halves', help: 's', percentiles: [0.49, 0.51] });
  const child = labelled.labels(who, 'never');
  for (let i = 0; i < n; i++) {
    plain.inc();
    labelled.inc({ who, odd: i % 2 });
    child.inc(2);
    histogram.observe({ odd: String(i % 2) }, i % 4);
    summary.observe(3);
    halves.observe(i < n / 2 ? -2 : 7);
  }
  // By its own scrape what had to wait for the heap's lock is there for all.
  await register.metrics();
  new Gauge({ name: 'done', help: 'd' }).set(1);
};
exports.show = async (who, all) => {
  let text;
  do {
    await new Promise((resolve) => setTimeout(resolve, 20));
    text = await register.metrics();
  } while (!text.includes('done ' + all + '\\n'));
  console.log(JSON.stringify({ who, text }));
  // Nobody leaves before all have looked: gauges are of the living.
  await new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve));
};
`;

test(
  `4 processes and 2 worker threads, ${EACH} updates each, exact from every one of them`,
  { timeout: LIMIT + 2 * PATIENCE },
  async () => {
    const app = new Application({
      'count.js': COUNT,
      'thread.js': `
      const { parentPort, workerData } = require('node:worker_threads');
      require('./count').count(workerData, ${EACH});
      parentPort.on('message', () => process.exit());`,
      'app.js': `
      const cluster = require('node:cluster');
      const { Worker } = require('node:worker_threads');
      const { count, show } = require('./count');
      if (cluster.isPrimary) {
        for (let i = 0; i < 4; i++) cluster.fork();
        const threads = [1, 2].map((n) => new Worker('./thread.js', { workerData: 'thread' + n }));
        require('mpmetrics');
        show('primary', 6).then(() => process.exit());
      } else {
        cluster.worker.exitedAfterDisconnect = true;
        process.disconnect();
        const who = 'worker' + cluster.worker.id;
        count(who, ${EACH}).then(() => show(who, 6)).then(() => process.exit());
      }`,
    });
    made.push(app);
    const program = app.run('app.js');
    const seen = new Map<string, string>();
    for (let i = 0; i < 5; i++) {
      const { who, text } = JSON.parse(await program.line(PATIENCE)) as {
        who: string;
        text: string;
      };
      seen.set(who, text);
    }
    expect([...seen.keys()].sort()).toEqual([
      'primary',
      'worker1',
      'worker2',
      'worker3',
      'worker4',
    ]);
    for (const text of seen.values()) {
      const values = samples(text);
      expect(values.get('plain_total')).toBe(6 * EACH);
      for (const who of ['worker1', 'worker2', 'worker3', 'worker4', 'thread1', 'thread2']) {
        expect(values.get(`labelled_total{who="${who}",odd="0"}`)).toBe(EACH / 2);
        expect(values.get(`labelled_total{who="${who}",odd="1"}`)).toBe(EACH / 2);
        expect(values.get(`labelled_total{who="${who}",odd="never"}`)).toBe(2 * EACH);
      }
      const quarter = (6 * EACH) / 4;
      expect(values.get('work_bucket{le="1",odd="0"}')).toBe(quarter);
      expect(values.get('work_bucket{le="2",odd="0"}')).toBe(2 * quarter);
      expect(values.get('work_sum{odd="0"}')).toBe(2 * quarter);
      expect(values.get('work_count{odd="0"}')).toBe(2 * quarter);
      expect(values.get('work_bucket{le="1",odd="1"}')).toBe(quarter);
      expect(values.get('work_bucket{le="3",odd="1"}')).toBe(2 * quarter);
      expect(values.get('work_sum{odd="1"}')).toBe(4 * quarter);
      expect(values.get('size{quantile="0.5"}')).toBe(3);
      expect(values.get('size{quantile="0.999"}')).toBe(3);
      // Exactly half of all observations lie below zero.
      expect(Math.abs(values.get('halves{quantile="0.49"}')! + 2)).toBeLessThan(0.0109 * 2);
      expect(Math.abs(values.get('halves{quantile="0.51"}')! - 7)).toBeLessThan(0.0109 * 7);
      expect(values.get('halves_sum')).toBe(15 * EACH);
      expect(values.get('halves_count')).toBe(6 * EACH);
      expect(values.get('size_sum')).toBe(18 * EACH);
      expect(values.get('size_count')).toBe(6 * EACH);
    }
  },
);
