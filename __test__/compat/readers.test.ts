/**
 * The text of random programs, read by parsers of other projects: the Python client's OpenMetrics parser, which is the
 * strictest and returns the samples, and `promtool check metrics`.
 *
 * The programs make only metrics that are valid in OpenMetrics: counters, histograms and summaries have no negative
 * values, because their sums could decrease.
 */

import { spawnSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { pythonNumber, PythonReader, type PythonFamily } from '../support/python-reader';
import { subjects, type Client } from '../support/subject';

const odd = fc.constantFrom(
  ...[
    '',
    '"',
    '\\',
    '\n',
    '\\n',
    '\\"',
    '{}',
    '}',
    ' # {',
    '# EOF',
    ',',
    '=',
    'a="b",',
    '\t',
    '\r',
    '\0',
  ],
  ...['\u2028', '\u0085', 'é', '💩', '\ufeff', 'undefined', 'NaN', '+Inf', '\x1c'],
);
const value = fc
  .array(
    fc.oneof(
      odd,
      fc.string({ unit: 'grapheme', maxLength: 5 }),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    {
      maxLength: 3,
    },
  )
  .map((parts) => parts.join('').replace(/\p{Surrogate}/gu, '\ufffd'));
const label = fc
  .stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,6}$/)
  .filter((name) => !name.startsWith('__'));
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1, 0.1, 1e21, 1e-7, 5e-324, 1e308, 2 ** 53),
);
const positive = finite.map((number) => Math.abs(number) / 1000);
const anything = fc.oneof(finite, fc.constantFrom(NaN, Infinity, -Infinity));
const labels = fc.record({ a: value, b: value }, { requiredKeys: ['a'] });
/**
 * Names and values of at most 128 code points together. They have no quotes, because the Python client takes an escaped
 * quote for the end of an exemplar's label (`_parse_remaining_text` of 0.26.0); `openmetrics.test.ts` tests quotes.
 */
const exemplar = fc
  .dictionary(
    label,
    value.map((one) => one.replaceAll('"', '')),
    { maxKeys: 4 },
  )
  .filter((given) => Array.from(Object.entries(given).flat().join('')).length <= 128);

/** Returns an exemplar's labels as they are printed: without U+0000, for which Prometheus would refuse the page. */
function readable(labels: object): object {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, String(value).replaceAll('\0', '\ufffd')]),
  );
}

interface Program {
  help: string;
  buckets: number[];
  defaults: Record<string, string>;
  counts: {
    labels: Record<string, string>;
    value: number;
    exemplarLabels: Record<string, string>;
  }[];
  observations: {
    labels: Record<string, string>;
    value: number;
    exemplarLabels: Record<string, string>;
  }[];
  gauges: { labels: Record<string, string>; value: number }[];
}

const update = fc.record({ labels, value: positive, exemplarLabels: exemplar });
const programs = fc.record<Program>({
  help: fc.tuple(value, fc.constant('.')).map((parts) => parts.join('')),
  buckets: fc.array(fc.oneof(positive, fc.constant(Infinity)), { maxLength: 5 }),
  defaults: fc.dictionary(fc.constantFrom('app', 'zone'), value),
  counts: fc.array(update, { maxLength: 6 }),
  observations: fc.array(update, { maxLength: 8 }),
  gauges: fc.array(fc.record({ labels, value: anything }), { maxLength: 5 }),
});

/** Runs a program on a registry of its own. */
function run(client: Client, { help, buckets, defaults, ...program }: Program, shared: boolean) {
  const contentType = client.openMetricsContentType;
  const register = new client.Registry({ shared, contentType });
  const labelNames = ['a', 'b'] as const;
  const common = { help, labelNames, registers: [register] };
  const enableExemplars = true;
  const c = new client.Counter({ ...common, name: 'c_total', enableExemplars });
  const h = new client.Histogram({ ...common, name: 'h', buckets, enableExemplars });
  const g = new client.Gauge({ ...common, name: 'g' });
  const s = new client.Summary({ ...common, name: 's' });
  register.setDefaultLabels(defaults);
  for (const count of program.counts) c.inc(count);
  for (const one of program.observations) {
    h.observe(one);
    s.observe(one.labels, one.value);
  }
  for (const one of program.gauges) g.set(one.labels, one.value);
  return register;
}

/** The samples of a family, by name and labels. */
function byLabels(family: PythonFamily | undefined): Map<string, PythonFamily['samples'][number]> {
  return new Map((family?.samples ?? []).map((one) => [key(one[0], one[1]), one]));
}

function key(name: string, labels: Record<string, string>): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

describe.each(subjects)('on $name', ({ load, name }) => {
  const shared = name === 'heap storage';

  test.skipIf(lacks('prometheus_client'))(
    'the Python client reads back what was counted',
    async () => {
      const client = await load();
      const reader = new PythonReader();
      onTestFinished(() => {
        reader.close();
      });
      let exemplars = 0;
      const property = fc.asyncProperty(programs, async (program) => {
        const register = run(client, program, shared);
        const text = await register.metrics();
        const families = await reader.read(text);
        expect(String(await register.metricsBuffer())).toBe(text);
        register.clear();
        const family = (wanted: string) => families.find((one) => one.name === wanted);
        expect(families.map((one) => [one.name, one.type])).toEqual([
          ['c', 'counter'],
          ['h', 'histogram'],
          ['g', 'gauge'],
          ['s', 'summary'],
        ]);
        // The parser removes spaces at the beginning of a help text.
        const help = program.help.replace(/^ +/, '');
        for (const one of families) expect(one.help).toBe(help);
        const { defaults } = program;
        const counts = byLabels(family('c'));
        const sums = new Map<string, number>();
        for (const { labels, value, exemplarLabels } of program.counts) {
          const id = key('c_total', { ...defaults, ...labels });
          sums.set(id, (sums.get(id) ?? 0) + value);
          // Appends what was counted to the sample that the parser returned.
          counts.get(id)!.push({ value, exemplarLabels } as never);
        }
        expect(counts.size).toBe(sums.size);
        for (const [id, sum] of sums) {
          const [, , value, seen, ...given] = counts.get(id) as unknown as [
            ...PythonFamily['samples'][number],
            ...{ value: number; exemplarLabels: object }[],
          ];
          expect(pythonNumber(value)).toBe(sum);
          const last = given.at(-1)!;
          expect([seen![0], pythonNumber(seen![1])]).toEqual([
            readable(last.exemplarLabels),
            // As in prom-client, the exemplar of an increment by 0 has the value 1.
            last.value || 1,
          ]);
          expect(Number(seen![2])).toBeGreaterThan(1.6e9);
          exemplars++;
        }
        const gauges = byLabels(family('g'));
        for (const { labels, value } of new Map(
          program.gauges.map((one) => [key('g', { ...defaults, ...one.labels }), one]),
        ).values()) {
          const seen = gauges.get(key('g', { ...defaults, ...labels }))!;
          expect(pythonNumber(seen[2]) + 0).toBe(value + 0);
        }
        // Each exemplar that is shown was recorded by an observation.
        const told = program.observations.map(({ exemplarLabels, value }) =>
          JSON.stringify([readable(exemplarLabels), value]),
        );
        let buckets = 0;
        for (const [, , , seen] of family('h')!.samples) {
          if (seen === null) continue;
          buckets++;
          expect(told).toContain(JSON.stringify([seen[0], pythonNumber(seen[1])]));
        }
        const labelled = program.observations.some(
          (one) => Object.keys(one.exemplarLabels).length > 0,
        );
        expect(buckets > 0).toBe(labelled);
      });
      await fc.assert(property, { numRuns: 150 });
      expect(exemplars).toBeGreaterThan(50);
      await expect(reader.read('a 1\n')).rejects.toThrow('Missing # EOF');
    },
  );

  test.skipIf(lacks('prometheus'))(
    'promtool finds nothing wrong with the text format',
    async () => {
      const client = await load();
      const property = fc.asyncProperty(programs, async (program) => {
        const register = run(client, program, shared);
        const text = await register.metrics({ contentType: client.prometheusContentType });
        register.clear();
        const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
          input: text,
          encoding: 'utf8',
        });
        expect([status, stdout, stderr], text).toEqual([0, '', '']);
      });
      await fc.assert(property, { numRuns: 30 });
      const wrong = spawnSync('promtool', ['check', 'metrics'], { input: 'a{b="1\n' });
      expect(wrong.status).not.toBe(0);
    },
  );
});
