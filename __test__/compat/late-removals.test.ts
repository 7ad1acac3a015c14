/** A removal that has to wait for the heap lock is made later, even if the slot is lost meanwhile. */
import { describe, expect, test } from 'vitest';

import { Counter, Gauge, Histogram, ROSTER, Summary } from '../../ts/metrics';
import { Status } from '../../ts/native';
import { moveToHeap } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';

function setUp() {
  const moody = new MoodyHeap();
  const of = (name: string) => ({ name, help: 'h', labelNames: ['a'], registers: [] });
  const counter = new Counter(of('c'));
  const gauge = new Gauge(of('g'));
  const shared = new Gauge({ ...of('shared'), aggregator: 'shared' });
  const histogram = new Histogram({ ...of('h'), buckets: [1] });
  const summary = new Summary(of('s'));
  for (const one of [counter, gauge, shared, histogram, summary])
    moveToHeap(one[ROSTER], 't', 1, moody.storage);
  counter.inc({ a: 'x' });
  gauge.inc({ a: 'x' });
  shared.inc({ a: 'x' });
  histogram.observe({ a: 'x' }, 1);
  summary.observe({ a: 'x' }, 1);
  return { moody, counter, gauge, shared, histogram, summary };
}

type All = ReturnType<typeof setUp>;

const REMOVALS: [string, string, (all: All) => void][] = [
  [
    'remove() of a counter',
    'c{',
    ({ counter }) => {
      counter.remove('x');
    },
  ],
  [
    'remove() of a histogram',
    'h_count{',
    ({ histogram }) => {
      histogram.remove({ a: 'x' });
    },
  ],
  [
    'remove() of a summary',
    's_count{',
    ({ summary }) => {
      summary.remove('x');
    },
  ],
  [
    'remove() of a gauge',
    'g{',
    ({ gauge }) => {
      gauge.remove('x');
    },
  ],
  [
    'remove() of a shared gauge',
    'shared{',
    ({ shared }) => {
      shared.remove('x');
    },
  ],
  [
    'removeEverywhere() of a counter',
    'c{',
    ({ counter }) => {
      counter.removeEverywhere('x');
    },
  ],
  [
    'removeEverywhere() of a gauge',
    'g{',
    ({ gauge }) => {
      gauge.removeEverywhere('x');
    },
  ],
  [
    'resetEverywhere() of a gauge',
    'g{',
    ({ gauge }) => {
      gauge.resetEverywhere();
    },
  ],
  [
    'resetEverywhere() of a counter',
    'c{',
    ({ counter }) => {
      counter.resetEverywhere();
    },
  ],
];

const MEANWHILE: [string, (all: All, remove: () => void) => void][] = [
  [
    'the heap is busy',
    ({ moody }, remove) => {
      moody.mood = Status.Busy;
      remove();
    },
  ],
  [
    'the slot is lost again and again',
    ({ moody }, remove) => {
      moody.mood = Status.Lost;
      remove();
    },
  ],
  [
    'the heap is busy, and then the slot is lost',
    ({ moody }, remove) => {
      moody.mood = Status.Busy;
      remove();
      moody.storage.renew();
    },
  ],
  [
    'the heap is busy, and the slot is lost when the removal is tried again',
    ({ moody }, remove) => {
      moody.mood = Status.Busy;
      remove();
      moody.mood = Status.Lost;
      moody.storage.flush();
    },
  ],
];

describe.each(MEANWHILE)('%s', (_, meanwhile) => {
  test.each(REMOVALS)('%s takes effect later', async (_name, shown, remove) => {
    const all = setUp();
    expect(await all.moody.text()).toContain(`\n${shown}a="x"`);
    meanwhile(all, () => {
      remove(all);
    });
    all.moody.mood = Status.Ok;
    all.moody.storage.flush();
    const text = await all.moody.text();
    expect(text).not.toContain(`\n${shown}a="x"`);
    // The series of other metrics stay.
    for (const [, other] of REMOVALS) {
      if (other !== shown) expect(text).toContain(`\n${other}a="x"`);
    }
  });
});
