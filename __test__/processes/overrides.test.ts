/** Metrics whose `get()` a program replaces, while other processes have metrics with the same names. */
import { afterEach, expect, test } from 'vitest';

import type { Application, Program } from '../support/application';
import { ask, obedient, performing } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/**
 * Code that adds `n` to `own_total`, observes `n` in `own_seconds`, and replaces the `get()` of both. The new `get()`
 * of `own_total` yields `n * 100`, and the new `get()` of `own_seconds` yields no value. As with prom-client, only JSON
 * has what the `get()` of a histogram yields: texts show the process's own observations.
 */
const declare = (n: number) => `await ${performing('processes/overrides/declare.cjs', n)}`;

/** Scrapes a program. Returns the text, the text of the buffer, and the values of the JSON by name. */
async function shown(program: Program): Promise<[string, string, Record<string, number[]>]> {
  return ask(
    program,
    `const { register } = mpmetrics;
     const json = await register.getMetricsAsJSON({ scope: 'application' });
     const values = {};
     for (const metric of json) (values[metric.name] ??= []).push(...metric.values.map(({ value }) => value));
     if (json.length !== new Set(json.map(({ name }) => name)).size) values.twice = [];
     return [await register.metrics(), String(await register.metricsBuffer()), values];`,
  );
}

test('each process shows the values of its own replaced get(), without those of other processes', async () => {
  const [one, two] = obedient(2, made) as [Program, Program];
  await ask(one, declare(1));
  await ask(two, declare(2));
  const [text, buffer, json] = await shown(one);
  expect(text).toBe(
    `# HELP a # HELP own_total h
# TYPE a gauge
a{l="# HELP own_total h"} 2

# HELP z h
# TYPE z gauge
z 2

# HELP own_total h
# TYPE own_total counter
own_total 100

# HELP own_seconds h
# TYPE own_seconds histogram
own_seconds_bucket{le="1"} 1
own_seconds_bucket{le="+Inf"} 1
own_seconds_sum 1
own_seconds_count 1
`,
  );
  expect(buffer).toBe(text);
  expect(json).toEqual({ a: [2], z: [2], own_total: [100], own_seconds: [] });
  await ask(one, `mpmetrics.register.setContentType(mpmetrics.openMetricsContentType)`);
  const [open, openBuffer] = await shown(one);
  expect(open).toBe(
    `# HELP a # HELP own_total h
# TYPE a gauge
a{l="# HELP own_total h"} 2
# HELP z h
# TYPE z gauge
z 2
# HELP own h
# TYPE own counter
own_total 100
# HELP own_seconds h
# TYPE own_seconds histogram
own_seconds_bucket{le="1"} 1
own_seconds_bucket{le="+Inf"} 1
own_seconds_sum 1
own_seconds_count 1
# EOF
`,
  );
  expect(openBuffer).toBe(open);
  // With the original `get()` the process shows the sum of all processes.
  await ask(one, `kept.counter.get = kept.get; delete kept.histogram.get;`);
  const [restored] = await shown(one);
  expect(restored).toContain('own_total 3\n');
  expect(restored).toContain('own_seconds_count 2\n');
  // The first scrape by process two moves its metrics, whose `get()` is replaced, out of the heap.
  expect((await shown(two))[0]).toContain('own_total 200\n');
  expect((await shown(one))[0]).toContain('own_total 1\n');
});

test('a metric with a replaced get() is shown even if there is no other metric', async () => {
  const [one, two] = obedient(2, made) as [Program, Program];
  const only = `
    kept.gauge = new mpmetrics.Gauge({ name: 'm', help: 'h' });
    kept.gauge.get = async () => ({
      name: 'm', help: 'h', type: 'gauge', aggregator: 'sum', values: [{ labels: {}, value: 5 }],
    });`;
  await ask(one, only);
  await ask(two, only);
  const text = '# HELP m h\n# TYPE m gauge\nm 5\n';
  expect(await shown(one)).toEqual([text, text, { m: [5] }]);
  await ask(one, `mpmetrics.register.setContentType(mpmetrics.openMetricsContentType)`);
  expect(await shown(one)).toEqual([`${text}# EOF\n`, `${text}# EOF\n`, { m: [5] }]);
});
