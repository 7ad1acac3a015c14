/**
 * Texts of random state sets and infos, read by parsers of other projects: the Python client's OpenMetrics parser, and
 * `promtool check metrics`.
 */

import { spawnSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { pythonNumber, PythonReader } from '../support/python-reader';
import { subjects, type Client } from '../support/subject';

const odd = fc.constantFrom(
  '',
  '"',
  '\\',
  '\n',
  '\\n',
  '{}',
  ' # {',
  ',',
  '=',
  'a="b",',
  '\0',
  'é',
);
const value = fc
  .array(fc.oneof(odd, fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 3 })
  .map((parts) => parts.join('').replace(/\p{Surrogate}/gu, '\ufffd'));
/** Names of labels that promtool accepts, and that no metric of the programs has. */
const name = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,6}$/)
  .filter((one) => !['e', 'n', 's', 'i_info', 'job', 'le'].includes(one));

interface Program {
  states: string[];
  defaults: Record<string, string>;
  jobs: { job: string; state: number; set: boolean }[];
  infos: { job: string; values: Record<string, string> }[];
}

const programs = fc.record<Program>({
  states: fc.uniqueArray(value, { minLength: 1, maxLength: 5 }).map((all) => {
    const states = all.filter((one) => one !== '');
    return states.length > 0 ? states : ['only'];
  }),
  defaults: fc.dictionary(fc.constantFrom('app', 'job', 's'), value),
  jobs: fc.array(fc.record({ job: value, state: fc.nat(), set: fc.boolean() }), { maxLength: 6 }),
  infos: fc.array(fc.record({ job: value, values: fc.dictionary(name, value, { maxKeys: 4 }) }), {
    maxLength: 4,
  }),
});

/** Runs a program on a registry of its own. */
function run(client: Client, { states, defaults, jobs, infos }: Program, shared: boolean) {
  const register = new client.Registry({ shared, contentType: client.openMetricsContentType });
  const common = { help: 'h', labelNames: ['job'] as const, registers: [register] };
  const e = new client.Enum({ ...common, name: 'e', states });
  const n = new client.Enum({ ...common, name: 'n', states, aggregator: 'count' });
  const s = new client.StateSet({ ...common, name: 's', states });
  const i = new client.Info({ ...common, name: 'i' });
  register.setDefaultLabels(defaults);
  for (const { job, state, set } of jobs) {
    const chosen = states[state % states.length]!;
    e.state({ job }, chosen);
    n.labels(job).state(chosen);
    s.set({ job }, chosen, set);
  }
  for (const { job, values } of infos) i.info({ job }, values);
  return register;
}

describe.each(subjects)('on $name', ({ load, name: storage }) => {
  const shared = storage === 'heap storage';

  test.skipIf(lacks('prometheus_client'))('the Python client reads back the states', async () => {
    const client = await load();
    const reader = new PythonReader();
    onTestFinished(() => {
      reader.close();
    });
    let read = 0;
    const property = fc.asyncProperty(programs, async (program) => {
      const register = run(client, program, shared);
      const text = await register.metrics();
      const families = await reader.read(text);
      register.clear();
      expect(families.map((one) => [one.name, one.type])).toEqual([
        ['e', 'stateset'],
        ['n', 'gauge'],
        ['s', 'stateset'],
        ['i', 'info'],
      ]);
      const { states, jobs, infos, defaults } = program;
      const [last, sets] = [new Map<string, string>(), new Map<string, Set<string>>()];
      for (const { job, state, set } of jobs) {
        const chosen = states[state % states.length]!;
        last.set(job, chosen);
        const all = sets.get(job) ?? new Set();
        if (set) all.add(chosen);
        else all.delete(chosen);
        sets.set(job, all);
      }
      const rowsOf = (of: string, is: (job: string, state: string) => boolean) =>
        [...last.keys()].flatMap((job) =>
          states.map((state) => {
            const row = { ...defaults, job, [of]: state };
            return [of, row, is(job, state) ? 1 : 0];
          }),
        );
      const found = families
        .slice(0, 3)
        .map(({ samples }) =>
          samples.map(([of, labels, number]) => [of, labels, pythonNumber(number)]),
        );
      expect(found).toEqual([
        rowsOf('e', (job, state) => last.get(job) === state),
        rowsOf('n', (job, state) => last.get(job) === state),
        rowsOf('s', (job, state) => sets.get(job)!.has(state)),
      ]);
      const shown = new Map(infos.map(({ job, values }) => [job, values]));
      const labels = [...shown].map(([job, values]) => ({ ...defaults, ...values, job }));
      const seen = families[3]!.samples.map(([, one, number]) => [one, pythonNumber(number)]);
      expect(seen).toHaveLength(labels.length);
      expect(seen).toEqual(expect.arrayContaining(labels.map((one) => [one, 1])));
      read += seen.length + found.flat().length;
    });
    await fc.assert(property, { numRuns: 150 });
    expect(read).toBeGreaterThan(500);
    const wrong = '# HELP i h\n# TYPE i info\ni_info{a="b"} 2\n# EOF\n';
    await expect(reader.read(wrong)).rejects.toThrow();
  });

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
      await fc.assert(property, { numRuns: 15 });
    },
  );
});
