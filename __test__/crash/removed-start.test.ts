/** The segment's file is removed when a process has just opened it, or before the process makes its first metric. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { type Application, type Program } from '../support/application';
import { ask, obedient, performing, scraped } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Milliseconds within which scrapes must show all counts. Even on a busy machine, a missing file is noticed sooner. */
const PATIENCE = 20_000;

const METRICS = join(__dirname, 'removed', 'metrics.cjs');
const make = (who: string) =>
  `await perform(${JSON.stringify(METRICS)}); kept.update('${who}', 3);`;

/** Expects that scrapes of a process soon show three updates of `removed/metrics.cjs` by another process. */
async function expectSeen(by: Program, who: string): Promise<void> {
  const all = ['c', 'g', 'h_count', 's_count', 'w_count'];
  const wanted = [...all.map((name) => `${name}{n="${who}"} 3`), 'shared{n="all"} 3'];
  const seen = async (): Promise<string[]> => {
    const { seen } = await scraped(by);
    const found = [...seen].map(([name, value]) => `${name} ${String(value)}`);
    return wanted.filter((sample) => found.includes(sample));
  };
  await expect.poll(seen, { timeout: PATIENCE, interval: 50 }).toEqual(wanted);
}

/** Blocks the event loop of a program until the function that is returned is called; then the program runs `goesOn`. */
async function block(program: Program, go: string, goesOn = ''): Promise<() => Promise<void>> {
  program.tell(
    `console.log('blocked'); while (!require('fs').existsSync(${JSON.stringify(go)})) ; ${goesOn}`,
  );
  expect(await program.line()).toBe('blocked');
  return async () => {
    writeFileSync(go, '');
    expect(await program.line(60_000)).toBe('null');
  };
}

test('all metrics of a process are shared if the file goes as soon as the process has opened it', async () => {
  const [one, other] = obedient(2, made);
  await ask(
    one!,
    `await ${performing('crash/removed-start/opens.cjs', METRICS)}; kept.update('one', 3)`,
  );
  await expectSeen(other!, 'one');
}, 120_000);

test('the first metrics of a process are shared if the segment is gone and cannot be replaced yet', async () => {
  const [one, other] = obedient(2, made);
  const segment = join(made[0]!.segmentsIn, 'test.heap');
  await ask(other!, `new mpmetrics.Counter({ name: 'first', help: 'h' }).inc(1)`);
  // Opens the segment.
  await ask(one!, 'return scrape()');
  const begin = await block(one!, `${segment}.one`, make('one'));
  rmSync(segment);
  await expect.poll(() => existsSync(segment), { timeout: PATIENCE }).toBe(true);
  // The file of the copy goes, too. Only the process `other`, whose writer is in the copy, makes the next one.
  const goOn = await block(other!, `${segment}.other`);
  rmSync(segment);
  await begin();
  await goOn();
  await expectSeen(other!, 'one');
}, 120_000);
