import { vi } from 'vitest';

import { any, sameAsPromClient, thrown, type Client } from '../support/subject';

const plain = (client: Client) => new client.Gauge({ name: 'g', help: 'h' });
const labelled = (client: Client) =>
  new client.Gauge({ name: 'g', help: 'h', labelNames: ['a', 'b'] });

sameAsPromClient({
  'goes up and down': async (client) => {
    const g = plain(client);
    const texts = [await client.register.metrics()];
    g.set(5);
    g.inc();
    g.inc(2.5);
    g.dec();
    g.dec(10);
    g.inc({}, 1);
    texts.push(await client.register.metrics());
    g.set({}, 3);
    g.dec(any(null));
    g.dec(any('2'));
    texts.push(await client.register.metrics());
    return texts;
  },
  'accepts every number': async (client) => {
    const g = labelled(client);
    const values = [NaN, Infinity, -Infinity, 0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308];
    values.forEach((value, i) => {
      g.set({ a: i }, value);
    });
    return [await client.register.metrics(), (await g.get()).values];
  },
  'prints minus zero': (client) => {
    plain(client).set(-0);
    return client.register.metrics();
  },
  'refuses values that are no numbers': (client) => {
    const g = plain(client);
    const c = new client.Gauge({ name: 'c', help: 'h', labelNames: ['a'] }).labels('x');
    const values: unknown[] = ['3', null, true, {}, { a: 1 }, undefined, 1n];
    return values.map((value) => [
      thrown(() => {
        g.set(any(value));
      }),
      thrown(() => {
        g.set({}, any(value));
      }),
      thrown(() => {
        g.inc(any(value));
      }),
      thrown(() => {
        g.inc({}, any(value));
      }),
      thrown(() => {
        g.dec({}, any(value));
      }),
      thrown(() => {
        c.set(any(value));
      }),
      thrown(() => {
        c.inc(any(value));
      }),
      thrown(() => {
        c.dec(any(value));
      }),
    ]);
  },
  'refuses undeclared labels, but checks the value first': (client) => {
    const g = labelled(client);
    return [
      thrown(() => {
        g.set(any({ z: 1 }), 1);
      }),
      thrown(() => {
        g.set(any({ z: 1 }), any('x'));
      }),
      thrown(() => {
        g.inc(any({ a: 1, z: 1 }));
      }),
      thrown(() => g.labels(any({ z: 1 }))),
      thrown(() => g.labels('x')),
      thrown(() => {
        g.remove(any({ z: 1 }));
      }),
      thrown(() => {
        g.labels(any(null)).set(1);
      }),
      thrown(() => {
        g.labels(any(null)).inc(1);
      }),
      thrown(() => {
        g.labels(any(null)).dec(1);
      }),
    ];
  },
  'works through children': async (client) => {
    const g = labelled(client);
    const { inc, dec, set } = g.labels('x', 'y');
    inc();
    dec(3);
    g.labels('q', 'r').set(7);
    const before = await client.register.metrics();
    set(-1);
    inc(0.5);
    g.labels({ b: 'only' }).dec();
    return [before, await client.register.metrics()];
  },
  'removes its series': (client) => {
    const g = labelled(client);
    const child = g.labels('x', 'y');
    child.set(5);
    g.set({ a: 'other' }, 1);
    g.remove('x', 'y');
    g.remove({ a: 'never' });
    g.set({ a: 'third' }, 1);
    child.inc(2);
    return client.register.metrics();
  },
  resets: async (client) => {
    const g = labelled(client);
    const one = new client.Gauge({ name: 'one', help: 'h' });
    one.set(4);
    const child = g.labels('x', 'y');
    child.set(5);
    g.set({ a: '2' }, 2);
    g.reset();
    one.reset();
    const empty = await client.register.metrics();
    g.inc({ a: '2' }, 3);
    child.inc(1);
    one.inc(1);
    return [empty, await client.register.metrics()];
  },
  'is set by its collect callback, which may be assigned later': async (client) => {
    let calls = 0;
    const early = new client.Gauge({
      name: 'early',
      help: 'h',
      async collect() {
        await Promise.resolve();
        this.set(++calls);
      },
    });
    const late = plain(client);
    late.collect = function () {
      this.set(++calls * 10);
    };
    return [await client.register.metrics(), await early.get(), await late.get(), calls];
  },
  'sets the current time, and measures durations': async (client) => {
    vi.useFakeTimers({ toFake: ['hrtime', 'Date'], now: 1_234_567 });
    try {
      const g = labelled(client);
      const one = new client.Gauge({ name: 'one', help: 'h' });
      one.setToCurrentTime();
      g.setToCurrentTime({ a: 'now' });
      g.labels('n', 'o').setToCurrentTime();
      const ends = [
        g.startTimer({ a: 'start' }),
        g.startTimer(),
        g.labels('p', 'q').startTimer(),
        one.startTimer(),
      ];
      vi.advanceTimersByTime(1_500);
      const seconds = ends.map((end, i) => end(i === 0 ? { b: 'end' } : undefined));
      return [seconds, await client.register.metrics()];
    } finally {
      vi.useRealTimers();
    }
  },
  'returns the value of a series from _getValue()': (client) => {
    const g = labelled(client);
    g.set({ a: 'x' }, 4);
    return [g._getValue({ a: 'x' }), g._getValue({ a: 'y' }), g._getValue()];
  },
});
