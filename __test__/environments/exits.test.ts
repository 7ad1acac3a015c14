/**
 * A program may end at any place: it ends at once with its own exit code or signal, the package prints nothing, and the
 * program's counts stay.
 */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';

/** The first lines of each program. */
const START = `
const mpmetrics = require('mpmetrics');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const counter = () => (mpmetrics.register.getSingleMetric('c_total') ??
  new mpmetrics.Counter({ name: 'c_total', help: 'c' }));
`;

interface Ending {
  code: string;
  /** The expected exit code or signal; 3 by default. */
  ends?: number | string;
  /** The expected value of `c_total` at the end. */
  counted: number;
  /** True if Node.js itself reports the error on stderr. */
  loud?: boolean;
}

const ENDINGS: Record<string, Ending> = {
  'process.exit before the first metric': { code: 'process.exit(3);', counted: 0 },
  'process.exit after an update': { code: 'counter().inc(); process.exit(3);', counted: 1 },
  'process.exit in a collect': {
    code: `
      counter().inc();
      new mpmetrics.Gauge({ name: 'g', help: 'g', collect() { process.exit(3); } });
      mpmetrics.register.metrics();`,
    counted: 1,
  },
  'process.exit in an asynchronous collect': {
    code: `
      counter().inc();
      new mpmetrics.Gauge({ name: 'g', help: 'g', async collect() {
        await new Promise((resolve) => setImmediate(resolve));
        process.exit(3);
      } });
      mpmetrics.register.metrics();`,
    counted: 1,
  },
  'process.exit while scrapes are under way': {
    code: `
      for (let i = 0; i < 1000; i++) counter().inc();
      for (let i = 0; i < 50; i++) { mpmetrics.register.metrics(); mpmetrics.register.metricsBuffer(); }
      setImmediate(() => process.exit(3));`,
    counted: 1000,
  },
  'process.exit when a scrape is done': {
    code: 'counter().inc(); mpmetrics.register.metrics().then(() => process.exit(3));',
    counted: 1,
  },
  'process.exit with default metrics and a timer running': {
    code: `
      mpmetrics.collectDefaultMetrics();
      new mpmetrics.Histogram({ name: 'h', help: 'h' }).startTimer();
      counter().inc();
      setTimeout(() => process.exit(3), 50);`,
    counted: 1,
  },
  'an exit listener that counts and scrapes': {
    code: `
      counter().inc();
      process.on('exit', () => { counter().inc(); mpmetrics.register.metrics(); });
      process.exit(3);`,
    counted: 2,
  },
  'an exit listener that makes the first metric': {
    code: `process.on('exit', () => { counter().inc(); }); process.exit(3);`,
    counted: 1,
  },
  'process.exit in an exit listener': {
    code: `counter().inc(); process.on('exit', () => process.exit(3));`,
    counted: 1,
  },
  'process.exit in beforeExit': {
    code: `counter().inc(); process.on('beforeExit', () => { counter().inc(); process.exit(3); });`,
    counted: 2,
  },
  'nothing left to do': {
    code: 'counter().inc(); mpmetrics.register.metrics();',
    ends: 0,
    counted: 1,
  },
  'an uncaught error': {
    code: `counter().inc(); mpmetrics.register.metrics(); throw new Error('mine');`,
    ends: 1,
    counted: 1,
    loud: true,
  },
  'an unhandled rejection': {
    code: `counter().inc(); Promise.reject(new Error('mine'));`,
    ends: 1,
    counted: 1,
    loud: true,
  },
  'an uncaught error in a collect': {
    code: `
      counter().inc();
      new mpmetrics.Gauge({ name: 'g', help: 'g', collect() { throw new Error('mine'); } });
      mpmetrics.register.metrics();`,
    ends: 1,
    counted: 1,
    loud: true,
  },
  SIGTERM: {
    code: `counter().inc(); process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 10_000);`,
    ends: 'SIGTERM',
    counted: 1,
  },
  'process.exit in a worker thread, whose process goes on': {
    code: `
      counter().inc();
      if (!isMainThread) process.exit(5);
      new Worker(__filename).on('exit', async (code) => {
        await mpmetrics.register.metrics();
        process.exit(code - 2);
      });`,
    counted: 2,
  },
  'process.exit while threads count': {
    code: `
      if (isMainThread) {
        let begun = 0;
        for (let i = 0; i < 2; i++) new Worker(__filename).on('message', () => {
          if (++begun === 2) process.exit(3);
        });
      } else {
        counter().inc();
        parentPort.postMessage('counted');
        const gauge = new mpmetrics.Gauge({ name: 'g', help: 'g' });
        for (;;) gauge.inc();
      }`,
    counted: 2,
  },
  'worker.terminate while a thread scrapes': {
    code: `
      if (isMainThread) {
        const worker = new Worker(__filename);
        worker.on('message', async () => { await worker.terminate(); process.exit(3); });
      } else {
        counter().inc();
        const again = () => mpmetrics.register.metrics().then(again);
        again();
        parentPort.postMessage('counted');
      }`,
    counted: 1,
  },
};

let app: Application;
afterEach(() => {
  app.remove();
});

test.each(Object.keys(ENDINGS))('%s', async (title) => {
  const { code, ends = 3, counted, loud = false } = ENDINGS[title]!;
  app = new Application({
    'app.js': START + code,
    'look.js': `
      const { register } = require('mpmetrics');
      register.metrics().then((text) => console.log(JSON.stringify(text)));`,
  });
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'exits.heap') };
  const program = app.run('app.js', { env });
  expect(await program.ended).toBe(ends);
  if (loud) expect(program.errors).toContain('Error: mine');
  else expect(program.errors).toBe('');
  const text = JSON.parse(await app.run('look.js', { env }).line()) as string;
  expect(Number(/^c_total (\d+)$/m.exec(text)?.[1] ?? 0)).toBe(counted);
});
