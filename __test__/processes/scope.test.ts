/** Whose counts a scrape shows, by its scope, and by the name of the registry. */
import { afterEach, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient, performing } from '../support/obedient';
import { samples } from '../support/samples';

const made: Application[] = [];

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

test('clusterMetrics() without a scope shows the whole application even under MPMETRICS_SCOPE=process', async () => {
  const programs = obedient(2, made, { MPMETRICS_SCOPE: 'process' });
  const seen: (number | undefined)[] = [];
  for (const program of programs) {
    await ask(program, `new mpmetrics.Counter({ name: 'c', help: 'h' }).inc(2);`);
  }
  for (const call of [
    `new mpmetrics.AggregatorRegistry().clusterMetrics()`,
    `new mpmetrics.AggregatorRegistry().clusterMetrics({ scope: 'process' })`,
    `mpmetrics.register.metrics()`,
  ]) {
    seen.push(samples(await ask<string>(programs[0]!, `return ${call}`)).get('c'));
  }
  expect(seen).toEqual([4, 2, 2]);
});

test('the package warns once of a second anonymous registry with a metric of the same name', async () => {
  const [program] = obedient(1, made);
  const seen = await ask<[string, string][]>(
    program!,
    `return ${performing('processes/scope/registries.cjs')}`,
  );
  expect(seen).toEqual([
    ['0', ''],
    [
      'MPMETRICS_CONFIG',
      expect.stringMatching(
        /^two registries without a name have a metric Counter: .*new Registry\(\{ name \}\)/,
      ),
    ],
  ]);
});

test('of two anonymous registries with a metric of one name, the first is shared, the second is private', async () => {
  const programs = obedient(2, made);
  for (const program of programs) {
    await ask(
      program,
      `for (const name of ['one', 'two']) {
         kept[name] = new mpmetrics.Registry();
         new mpmetrics.Counter({ name: 'c', help: 'h', registers: [kept[name]] }).inc();
       }`,
    );
  }
  const count = async (name: string) =>
    samples(await ask<string>(programs[1]!, `return kept.${name}.metrics()`)).get('c');
  expect([await count('one'), await count('two')]).toEqual([2, 1]);
});
