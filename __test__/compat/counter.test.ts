import { any, sameAsPromClient, thrown, type Client } from '../support/subject';

const plain = (client: Client) => new client.Counter({ name: 'c', help: 'h' });
const labelled = (client: Client) =>
  new client.Counter({ name: 'c', help: 'h', labelNames: ['a', 'b'] });

sameAsPromClient({
  'without labels, shows 0 before the first inc()': (client) => {
    plain(client);
    return client.register.metrics();
  },
  'counts without labels': (client) => {
    const c = plain(client);
    c.inc();
    c.inc(2.5);
    c.inc(0);
    c.inc(any(null));
    c.inc(undefined);
    c.inc({}, 3);
    return client.register.metrics();
  },
  'with labels, shows nothing before the first inc()': (client) => {
    labelled(client).labels('x', 'y');
    return client.register.metrics();
  },
  'accepts any subset of its labels': (client) => {
    const c = labelled(client);
    c.inc({ a: 'x' });
    c.inc({ b: 'x' });
    c.inc({ a: 'x', b: 'x' });
    c.inc({ b: 'x', a: 'x' });
    c.inc({ a: '' });
    c.inc({});
    c.inc();
    return client.register.metrics();
  },
  'converts label values to strings': async (client) => {
    const c = labelled(client);
    c.inc({ a: 1 });
    c.inc({ a: '1' });
    c.inc({ a: any(true), b: any(null) });
    c.inc({ a: 'true', b: 'null' });
    c.inc({ a: any(12n), b: Number.NaN });
    c.inc({ b: any(false), a: -0 });
    c.inc({ a: '0', b: 'false' });
    const { values } = await c.get();
    return [await client.register.metrics(), values.map(({ labels }) => Object.keys(labels))];
  },
  'shows in JSON the label values that the first update of a series gave': async (client) => {
    const c = labelled(client);
    c.inc({ b: 'x', a: 1 });
    c.inc({ a: '1', b: 'x' });
    return c.get();
  },
  'refuses increments that are no number, not finite or negative': (client) => {
    const c = plain(client);
    const values: unknown[] = ['3ms', '5', Infinity, -Infinity, -1, true, 1n, [], [1]];
    return [
      ...values.map((value) =>
        thrown(() => {
          c.inc(any(value));
        }),
      ),
      ...values.map((value) =>
        thrown(() => {
          c.inc({}, any(value));
        }),
      ),
    ];
  },
  'accepts NaN and false as increments': (client) => {
    const c = labelled(client);
    c.inc({ a: 'x' });
    c.inc({ a: 'x' }, any(false));
    c.inc({ a: 'nan' }, Number.NaN);
    return client.register.metrics();
  },
  'refuses labels that were not declared': async (client) => {
    const c = labelled(client);
    c.inc({ a: 'x' });
    return [
      thrown(() => {
        c.inc(any({ z: 1 }));
      }),
      thrown(() => {
        c.inc(any({ a: 'x', z: 1 }));
      }),
      thrown(() => {
        c.inc(any({ z: 1, a: 'x', b: 'y' }), -1);
      }),
      thrown(() => {
        c.inc(any(Object.create({ q: 1 })));
      }),
      thrown(() => c.labels(any({ z: 1 }))),
      thrown(() => {
        c.labels(any({ z: 1 })).inc();
      }),
      thrown(() => {
        c.remove(any({ z: 1 }));
      }),
      await client.register.metrics(),
    ];
  },
  'refuses a wrong number of label values': (client) => {
    const c = labelled(client);
    return [
      thrown(() => c.labels('x')),
      thrown(() => c.labels()),
      thrown(() => c.labels('x', 'y', 'z')),
      thrown(() => {
        c.remove('x');
      }),
    ];
  },
  'counts through children': async (client) => {
    const c = labelled(client);
    const { inc } = c.labels('x', 'y');
    inc();
    inc(2);
    c.labels({ a: 'x', b: 'y' }).inc(3);
    c.labels(any(null)).inc();
    c.labels({ b: 'q' }).inc(any(null));
    const child = c.labels('x', 'z');
    return [
      thrown(() => {
        child.inc(-1);
      }),
      thrown(() => {
        child.inc(any('4'));
      }),
      await client.register.metrics(),
    ];
  },
  'removes series': (client) => {
    const c = labelled(client);
    const child = c.labels('x', 'y');
    child.inc(5);
    c.inc({ a: 'other' });
    c.remove('x', 'y');
    c.remove({ a: 'never' });
    c.inc({ a: 'third' });
    child.inc(2);
    c.inc({ a: 'x', b: 'y' });
    return client.register.metrics();
  },
  resets: async (client) => {
    const c = labelled(client);
    const one = new client.Counter({ name: 'one', help: 'h' });
    one.inc(4);
    const child = c.labels('x', 'y');
    child.inc(5);
    c.inc({ a: '2' });
    c.reset();
    one.reset();
    const empty = await client.register.metrics();
    c.inc({ a: '2' });
    child.inc(1);
    one.inc(1);
    return [empty, await client.register.metrics()];
  },
});
