/** Totals that another program counts (a pool, a broker, a kernel): the advice of README.md on them is right. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import type { Application, Program } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** The paragraph of README.md on such totals, on one line. */
function paragraph(): string {
  const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
  const found = readme.split('\n\n').filter((text) => text.includes('**read from elsewhere**'));
  expect(found, 'paragraphs of README.md on totals that are read from elsewhere').toHaveLength(1);
  return found[0]!.replaceAll('\n', ' ');
}

/** The code in that paragraph that begins with a text. */
function code(beginning: string): string {
  const all = [...paragraph().matchAll(/`([^`]+)`/g)].map(([, one]) => one!);
  const found = all.find((one) => one.startsWith(beginning));
  if (found === undefined) throw new Error(`README.md has no ${beginning} among ${all.join(', ')}`);
  return found;
}

/** The total, which every process reads: a broker, for example, counts 100 messages in all. */
const TOTAL = 100;

/** Metrics of the total: a counter, and a gauge with the aggregator of the README, made with the README's code. */
const declared = () => `
  const total = ${TOTAL};
  const common = { help: 'h' };
  new mpmetrics.Counter({ name: 'counted_total', ...common, ${code('collect()')} });
  new mpmetrics.Gauge({
    name: 'most', ...common, ${code('aggregator:')}, collect() { this.${code('set(')}; },
  });`;

/** A gauge of the total that one process declares; a scrape of any process shows it once. */
const ONCE = `
  new mpmetrics.Gauge({ name: 'once', help: 'h', collect() { this.set(${TOTAL}); } });`;

/** A gauge that each process sets to 1; its sum is the number of living processes. */
const OWN = `
  new mpmetrics.Gauge({ name: 'own', help: 'h', collect() { this.set(1); } });`;

async function start(app: Application, code: string): Promise<Program> {
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/test.heap` };
  const program = app.run('obey.js', { env });
  await ask(program, code);
  return program;
}

test('README.md says which metric to use for a total that is read from elsewhere', () => {
  const said = [
    'is no counter here',
    'each process adds the whole total, and each restart of a worker adds it once more',
    "use a gauge with `aggregator: 'max'`",
    'declare the metric in one process only (the primary), and every process',
    'is a plain gauge (the sum of the living)',
  ];
  for (const words of said) expect(paragraph()).toContain(words);
});

test('a counter set by its collect grows with each worker and each restart; a gauge with max, or in one process, does not', async () => {
  const everywhere = declared() + OWN;
  const [primary] = obedient(1, made);
  const app = made[0]!;
  await ask(primary!, everywhere + ONCE);
  let workers = [await start(app, everywhere), await start(app, everywhere)];
  const shown = async (program = primary!) => {
    const { seen } = await scraped(program);
    return ['counted_total', 'most', 'once', 'own'].map((name) => seen.get(name));
  };
  expect(await shown()).toEqual([3 * TOTAL, TOTAL, TOTAL, 3]);
  for (let restarts = 1; restarts <= 3; restarts++) {
    workers[0]!.child.kill('SIGKILL');
    await workers[0]!.ended;
    workers = [workers[1]!, await start(app, everywhere)];
    // A counter keeps the counts of dead processes, so here each restart adds the total once more.
    expect(await shown()).toEqual([(3 + restarts) * TOTAL, TOTAL, TOTAL, 3]);
  }
  for (const worker of workers) {
    expect(await shown(worker)).toEqual([6 * TOTAL, TOTAL, TOTAL, 3]);
  }
});
