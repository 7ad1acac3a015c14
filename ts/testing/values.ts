/** Specs of what each type of metrics counts. */

import { deepStrictEqual } from 'assert';

import { Counter, Enum, Gauge, Histogram, Info, StateSet, Summary } from '../metrics';
import { newName, type Spec } from './fixture';

const help = 'of a spec';

/** Label values that a store could confuse or damage. */
const VALUES = [
  '',
  ' ',
  'a b',
  '"',
  '\\',
  'a\nb',
  'é',
  '𝔘',
  ':',
  '*',
  '{}',
  '%00',
  '__proto__',
  '0',
];

export const values: readonly Spec[] = [
  {
    title: 'a counter begins at zero, and adds what it is incremented by',
    run: async (at) => {
      const name = newName();
      const counter = at.metric(new Counter({ name, help, registers: at.registers }));
      deepStrictEqual(await at.rows(name), { '': 0 });
      counter.inc();
      deepStrictEqual(await at.rows(name), { '': 1 });
      counter.inc(2.5);
      counter.inc(0);
      deepStrictEqual(await at.rows(name), { '': 3.5 });
    },
  },
  {
    title: 'a counter loses none of 10,000 increments',
    run: async (at) => {
      const name = newName();
      const labelNames = ['a'] as const;
      const counter = at.metric(new Counter({ name, help, labelNames, registers: at.registers }));
      for (let i = 0; i < 10_000; i++) counter.inc({ a: String(i % 3) }, i % 5);
      const sums = { '{a="0"}': 6668, '{a="1"}': 6667, '{a="2"}': 6665 };
      deepStrictEqual(await at.rows(name), sums);
    },
  },
  {
    title: 'label sets, and metrics with the same labels, count apart',
    run: async (at) => {
      const names = [newName(), newName()];
      const [one, other] = names.map((name) =>
        at.metric(new Counter({ name, help, labelNames: ['a', 'b'], registers: at.registers })),
      );
      for (const [i, a] of VALUES.entries()) {
        one!.inc({ a, b: 'x' }, i + 1);
        one!.inc({ a: 'x', b: a }, i + 101);
        other!.inc({ a, b: 'x' }, i + 201);
      }
      deepStrictEqual(Object.values(await at.rows(names[0]!)).sort(ascending), [
        ...VALUES.map((_, i) => i + 1),
        ...VALUES.map((_, i) => i + 101),
      ]);
      deepStrictEqual(
        Object.values(await at.rows(names[1]!)).sort(ascending),
        VALUES.map((_, i) => i + 201),
      );
    },
  },
  {
    title: 'a gauge is set, incremented and decremented, and the last set counts',
    run: async (at) => {
      const name = newName();
      const gauge = at.metric(new Gauge({ name, help, registers: at.registers }));
      gauge.inc(3);
      gauge.dec(5);
      deepStrictEqual(await at.rows(name), { '': -2 });
      gauge.inc(10);
      gauge.set(7);
      gauge.set(1.5);
      deepStrictEqual(await at.rows(name), { '': 1.5 });
      gauge.dec();
      gauge.inc(0.25);
      deepStrictEqual(await at.rows(name), { '': 0.75 });
      gauge.set(-8);
      deepStrictEqual(await at.rows(name), { '': -8 });
    },
  },
  {
    title: 'a gauge shows every number',
    run: async (at) => {
      const name = newName();
      const gauge = at.metric(new Gauge({ name, help, registers: at.registers }));
      for (const value of [1e308, 5e-324, 2 ** 53 + 2, 0.1, Infinity, -Infinity, NaN]) {
        gauge.set(value);
        deepStrictEqual(await at.rows(name), { '': value });
      }
    },
  },
  {
    title: 'a histogram counts each value in its bucket: the first whose bound is not below it',
    run: async (at) => {
      const name = newName();
      const buckets = [-1, 0.5, 2];
      const histogram = at.metric(new Histogram({ name, help, buckets, registers: at.registers }));
      const rows = (counts: readonly number[], sum: number): Record<string, number> => ({
        '_bucket{le="-1"}': counts[0]!,
        '_bucket{le="0.5"}': counts[1]!,
        '_bucket{le="2"}': counts[2]!,
        '_bucket{le="+Inf"}': counts[3]!,
        _sum: sum,
        _count: counts[3]!,
      });
      deepStrictEqual(await at.rows(name), rows([0, 0, 0, 0], 0));
      histogram.observe(0.5);
      deepStrictEqual(await at.rows(name), rows([0, 1, 1, 1], 0.5));
      for (const value of [-4, -1, -0.5, 0, 2, 2.25, 100]) histogram.observe(value);
      deepStrictEqual(await at.rows(name), rows([2, 5, 6, 8], 99.25));
    },
  },
  {
    title: 'a histogram counts one value many times, and each label set apart',
    run: async (at) => {
      const name = newName();
      const options = { name, help, labelNames: ['a'], buckets: [1], registers: at.registers };
      const histogram = at.metric(new Histogram(options));
      histogram.observe({ a: 'x' }, 0.5, 1000);
      histogram.observe({ a: 'y' }, 3, 2);
      deepStrictEqual(await at.rows(name), {
        '_bucket{le="1",a="x"}': 1000,
        '_bucket{le="+Inf",a="x"}': 1000,
        '_sum{a="x"}': 500,
        '_count{a="x"}': 1000,
        '_bucket{le="1",a="y"}': 0,
        '_bucket{le="+Inf",a="y"}': 2,
        '_sum{a="y"}': 6,
        '_count{a="y"}': 2,
      });
    },
  },
  {
    title: 'a summary adds up what it observes, and counts it',
    run: async (at) => {
      const name = newName();
      const summary = at.metric(new Summary({ name, help, registers: at.registers }));
      for (const value of [1, 2.5, -4, 1]) summary.observe(value);
      summary.observe(10, 3);
      const { _sum: sum, _count: count } = await at.rows(name);
      deepStrictEqual({ sum, count }, { sum: 30.5, count: 7 });
    },
  },
  {
    title: 'an Enum has one state, a StateSet any number, and an Info its labels',
    run: async (at) => {
      const { registers } = at;
      const [one, set, info] = [newName(), newName(), newName()];
      const states = ['a', 'b', 'c'];
      const of = at.metric(new Enum({ name: one, help, states, registers }));
      of.state('b');
      of.state('c');
      const many = at.metric(new StateSet({ name: set, help, states, registers }));
      for (const state of states) many.set(state, true);
      many.set('b', false);
      at.metric(new Info({ name: info, help, registers })).info({ version: '1.2' });
      deepStrictEqual(await at.rows(one), {
        [`{${one}="a"}`]: 0,
        [`{${one}="b"}`]: 0,
        [`{${one}="c"}`]: 1,
      });
      deepStrictEqual(await at.rows(set), {
        [`{${set}="a"}`]: 1,
        [`{${set}="b"}`]: 0,
        [`{${set}="c"}`]: 1,
      });
      deepStrictEqual(await at.rows(info), { '_info{version="1.2"}': 1 });
    },
  },
];

function ascending(one: number, other: number): number {
  return one - other;
}
