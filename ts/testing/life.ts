/** Specs of removing, resetting and reading series. */

import { deepStrictEqual } from 'assert';

import { Counter, Gauge, Histogram, Summary } from '../metrics';
import { newName, type Spec } from './fixture';

const help = 'of a spec';

export const life: readonly Spec[] = [
  {
    title: 'a removed series is not shown, the others are, and it begins at zero again',
    run: async (at) => {
      const name = newName();
      const options = { name, help, labelNames: ['a'], registers: at.registers };
      const counter = at.metric(new Counter(options));
      counter.inc({ a: 'x' }, 5);
      counter.inc({ a: 'y' }, 6);
      deepStrictEqual(await at.rows(name), { '{a="x"}': 5, '{a="y"}': 6 });
      counter.remove({ a: 'x' });
      deepStrictEqual(await at.rows(name), { '{a="y"}': 6 });
      counter.inc({ a: 'x' });
      deepStrictEqual(await at.rows(name), { '{a="x"}': 1, '{a="y"}': 6 });
      // Without a reading in between.
      counter.remove({ a: 'x' });
      counter.inc({ a: 'x' }, 2);
      deepStrictEqual(await at.rows(name), { '{a="x"}': 2, '{a="y"}': 6 });
    },
  },
  {
    title: 'a removed histogram begins at zero again',
    run: async (at) => {
      const name = newName();
      const options = { name, help, labelNames: ['a'], buckets: [1], registers: at.registers };
      const histogram = at.metric(new Histogram(options));
      histogram.observe({ a: 'x' }, 0.5);
      histogram.observe({ a: 'x' }, 2);
      histogram.remove({ a: 'x' });
      deepStrictEqual(await at.rows(name), {});
      histogram.observe({ a: 'x' }, 3);
      deepStrictEqual(await at.rows(name), {
        '_bucket{le="1",a="x"}': 0,
        '_bucket{le="+Inf",a="x"}': 1,
        '_sum{a="x"}': 3,
        '_count{a="x"}': 1,
      });
    },
  },
  {
    title: 'a reset sets to zero what has no labels, and removes what has',
    run: async (at) => {
      const { registers } = at;
      const [plain, labelled, level, summed] = [newName(), newName(), newName(), newName()];
      const counter = at.metric(new Counter({ name: plain, help, registers }));
      const sets = at.metric(new Counter({ name: labelled, help, labelNames: ['a'], registers }));
      const gauge = at.metric(new Gauge({ name: level, help, registers }));
      const summary = at.metric(new Summary({ name: summed, help, registers }));
      counter.inc(3);
      sets.inc({ a: 'x' });
      gauge.set(4);
      summary.observe(5);
      for (const metric of [counter, sets, gauge, summary]) metric.reset();
      deepStrictEqual(await at.rows(plain), { '': 0 });
      deepStrictEqual(await at.rows(labelled), {});
      deepStrictEqual(await at.rows(level), { '': 0 });
      const { _sum: sum, _count: count } = await at.rows(summed);
      deepStrictEqual({ sum, count }, { sum: 0, count: 0 });
      counter.inc();
      deepStrictEqual(await at.rows(plain), { '': 1 });
    },
  },
  {
    title: 'reading changes nothing, and readings at the same time are the same',
    run: async (at) => {
      const name = newName();
      const counter = at.metric(new Counter({ name, help, registers: at.registers }));
      counter.inc(2);
      const all = await Promise.all([at.rows(name), at.rows(name), at.rows(name)]);
      deepStrictEqual([...all, await at.rows(name)], Array(4).fill({ '': 2 }));
    },
  },
  {
    title: 'an update during a reading is not lost',
    run: async (at) => {
      const name = newName();
      const counter = at.metric(new Counter({ name, help, registers: at.registers }));
      const update = async (): Promise<void> => {
        counter.inc();
        await new Promise((resolve) => setImmediate(resolve));
        counter.inc();
      };
      for (let i = 0; i < 20; i++) await Promise.all([at.rows(name), update()]);
      deepStrictEqual(await at.rows(name), { '': 40 });
    },
  },
  {
    title: '1,000 series are shown',
    run: async (at) => {
      const name = newName();
      const options = { name, help, labelNames: ['a'], registers: at.registers };
      const counter = at.metric(new Counter(options));
      for (let i = 0; i < 1000; i++) counter.inc({ a: String(i) }, i);
      const expected = Array.from({ length: 1000 }, (_, i) => [`{a="${i}"}`, i] as const);
      deepStrictEqual(await at.rows(name), Object.fromEntries(expected));
    },
  },
];
