/** Totals that are read from elsewhere (a pool, a broker, a kernel): what README.md says of them. */
import { afterEach, expect, test } from 'vitest';

import type { Application, Program } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** What every process reads: the broker says that 100 messages were sent in all. */
const TOTAL = 100;

/** Metrics of the total, in each of the ways. */
const DECLARE = `
  const common = { help: 'h' };
  new mpmetrics.Counter({ name: 'counted_total', ...common, collect() { this.reset(); this.inc(${TOTAL}); } });
  new mpmetrics.Gauge({ name: 'most', ...common, aggregator: 'max', collect() { this.set(${TOTAL}); } });`;

/** In one process only, by which it is told once, whoever is scraped. */
const ONCE = `
  new mpmetrics.Gauge({ name: 'once', help: 'h', collect() { this.set(${TOTAL}); } });`;

async function start(app: Application, code: string): Promise<Program> {
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/test.heap` };
  const program = app.run('obey.js', { env });
  await ask(program, code);
  return program;
}

test('a counter set by its collect grows with each worker and each restart; a gauge with max, or in one process, does not', async () => {
  const [primary] = obedient(1, made);
  const app = made[0]!;
  await ask(primary!, DECLARE + ONCE);
  let workers = [await start(app, DECLARE), await start(app, DECLARE)];
  const shown = async () => {
    const { seen } = await scraped(primary!);
    return ['counted_total', 'most', 'once'].map((name) => seen.get(name));
  };
  expect(await shown()).toEqual([3 * TOTAL, TOTAL, TOTAL]);
  for (let restarts = 1; restarts <= 3; restarts++) {
    workers[0]!.child.kill('SIGKILL');
    await workers[0]!.ended;
    workers = [workers[1]!, await start(app, DECLARE)];
    // A counter keeps what the dead counted, so that nothing is lost; here it counts the total once more.
    expect(await shown()).toEqual([(3 + restarts) * TOTAL, TOTAL, TOTAL]);
  }
  for (const worker of workers) {
    const { seen } = await scraped(worker);
    expect([seen.get('most'), seen.get('once')]).toEqual([TOTAL, TOTAL]);
  }
});
