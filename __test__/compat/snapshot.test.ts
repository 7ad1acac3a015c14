/** Snapshots: they print what the registry prints, and are joined with those of other applications. */

import { runInNewContext } from 'node:vm';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Snapshot as Value } from '../../ts/snapshot';
import type { Client } from '../support/client';
import { any, heap, memory } from '../support/subject';

/** What prom-client does not have. */
interface Own {
  Snapshot: typeof Value;
  MpmetricsError: new () => Error;
  Info: new (config: object) => { info(labels: object): void };
  register: {
    snapshot(options?: object): Promise<Value>;
    setPrefix(prefix: string): void;
    getMetricsAsJSON(options: object): Promise<object[]>;
  };
}

function own(client: Client): Client & Own {
  return client as never;
}

/** Counts in every type of metrics. */
function countAll(client: Client & Own): void {
  const { Counter, Gauge, Histogram, Summary, StateSet, Info, register } = client;
  const hits = new Counter({
    name: 'hits_total',
    help: 'say "hi"\n',
    labelNames: ['path', 'code'],
  });
  hits.inc({ path: 'a"\\\n', code: 200 }, 5);
  hits.inc({ path: 'é', code: 500 }, 0.1);
  new Gauge({ name: 'depth', help: 'h' }).set(-3.5);
  const took = new Histogram({
    name: 'took',
    help: 'h',
    labelNames: ['verb'],
    buckets: [1, 5],
    ...({ unit: 'seconds' } as object),
  });
  for (const value of [0.5, 3, 7]) took.observe({ verb: 'GET' }, value);
  const sizes = new Summary({ name: 'sizes', help: 'h', percentiles: [0.5, 0.9] });
  for (let value = -20; value < 80; value++) sizes.observe(value);
  new StateSet({ name: 'mode', help: 'h', states: ['on', 'off'] }).set('on', true);
  new Info({ name: 'build_info', help: 'h' }).info({ version: '1' });
  const values = [{ labels: { a: 'x' }, value: 7 }];
  const duck = { name: 'duck', help: 'd', type: 'gauge', aggregator: 'sum' };
  register.registerMetric(any({ ...duck, get: () => ({ ...duck, values }) }));
  register.setDefaultLabels({ app: 'shop' });
}

const lines = (text: string): string[] => text.split('\n').filter((line) => /^[^#]/.test(line));

test.each([heap, memory])('$name: a snapshot prints what the registry prints', async ({ load }) => {
  const client = own(await load());
  countAll(client);
  client.register.setPrefix('my_');
  const { Snapshot, register } = client;
  const taken = await register.snapshot();
  const stored = Snapshot.from(Uint8Array.from(taken.bytes));
  for (const snapshot of [taken, stored, await taken.packed(), await Snapshot.join([taken])]) {
    expect(await snapshot.text()).toBe(await register.metrics());
    expect(String(await snapshot.buffer())).toBe(await register.metrics());
    expect(snapshot.families.map(({ name }) => name)).toContain('my_hits_total');
  }
  expect((await (await taken.packed()).unpacked()).bytes).toEqual(taken.bytes);
});

test('a snapshot of the heap prints OpenMetrics and JSON as the registry does', async () => {
  const client = own(await heap.load());
  countAll(client);
  const { contentType: text004 } = client.register;
  const contentType = client.Registry.OPENMETRICS_CONTENT_TYPE;
  client.register.setContentType(any(contentType));
  const seen = new client.Counter(any({ name: 'seen_total', help: 'h', enableExemplars: true }));
  seen.inc(any({ value: 2, exemplarLabels: { trace: 't"1' } }));
  client.register.setContentType(any(text004));
  const { register } = client;
  const snapshot = await register.snapshot();
  const [text, expected] = [
    await snapshot.text({ contentType: contentType as never }),
    await register.metrics(any({ contentType })),
  ];
  expect(text).toBe(expected);
  expect(text).toContain('# UNIT took_seconds seconds');
  expect(text).toContain('# {trace="t\\"1"} 2');
  const json = await register.getMetricsAsJSON({ scope: 'application' });
  expect(await snapshot.json()).toEqual(json);
});

test('a snapshot does not change, and has the scope that was asked for', async () => {
  const client = own(await heap.load());
  const { Counter, register } = client;
  const hits = new Counter({ name: 'hits_total', help: 'h' });
  hits.inc(2);
  const before = await register.snapshot({ scope: 'thread' });
  hits.inc(3);
  expect(lines(await before.text())).toEqual(['hits_total 2']);
  expect(lines(await (await register.snapshot()).text())).toEqual(['hits_total 5']);
  await expect(register.snapshot({ scope: 'planet' })).rejects.toThrow(/scope/);
});

test('`collect` callbacks run before a snapshot is made, and their errors reject it', async () => {
  const client = own(await heap.load());
  let fails = false;
  new client.Gauge({
    name: 'depth',
    help: 'h',
    collect() {
      if (fails) throw new Error('no depth');
      (this as unknown as { set(value: number): void }).set(42);
    },
  });
  expect(lines(await (await client.register.snapshot()).text())).toEqual(['depth 42']);
  fails = true;
  await expect(client.register.snapshot()).rejects.toThrow('no depth');
});

test('two applications: their sum, and what one of them counted since', async () => {
  const [one, other] = [own(await heap.load()), own(await heap.load())];
  for (const client of [one, other]) countAll(client);
  const { Snapshot } = one;
  const [first, second] = [await one.register.snapshot(), await other.register.snapshot()];
  const both = await Snapshot.join([first, second], { instances: ['a', 'b'] });
  expect(lines(await both.text())).toEqual(
    expect.arrayContaining([
      ...['hits_total{path="a\\"\\\\\\n",code="200",app="shop"} 10', 'depth{app="shop"} -7'],
      ...['took_seconds_count{app="shop",verb="GET"} 6', 'sizes_count{app="shop"} 200'],
      'duck{a="x",app="shop"} 7',
    ]),
  );
  const sum = await Snapshot.sum([first, second]);
  expect(sum.families.map(({ name }) => name)).toEqual(['hits_total', 'took_seconds', 'sizes']);
  const { rest, base } = await both.minus(await Snapshot.sum([first]));
  expect(lines(await rest.text()).slice(0, 2)).toEqual(lines(await second.text()).slice(0, 2));
  expect(await base.text()).toBe(await (await Snapshot.sum([first])).text());

  const changed = Snapshot.of(first.families.filter(({ name }) => name !== 'hits_total'));
  const gone = await first.missingIn(changed);
  expect(gone.families.map(({ name }) => name)).toEqual(['hits_total']);
  expect((await sum.without(gone, [])).families.map(({ name }) => name)).not.toContain(
    'hits_total',
  );
  expect((await sum.without(gone, [second])).bytes).toEqual(sum.bytes);
  expect(Snapshot.empty.families).toEqual([]);
  expect((await Snapshot.join([])).bytes).toEqual(Snapshot.empty.bytes);
});

test('families of equal content have equal bytes, and others have other bytes', async () => {
  const client = own(await heap.load());
  const hits = new client.Counter({ name: 'hits_total', help: 'h', labelNames: ['a'] });
  new client.Counter({ name: 'still_total', help: 'h' }).inc();
  hits.inc({ a: '1' });
  const bytes = async (): Promise<Map<string, string>> => {
    const { families } = await client.register.snapshot();
    return new Map(families.map((one) => [one.name, Buffer.from(one.bytes).toString('hex')]));
  };
  const before = await bytes();
  expect(await bytes()).toEqual(before);
  hits.inc({ a: '1' });
  const after = await bytes();
  expect(after.get('still_total')).toBe(before.get('still_total'));
  expect(after.get('hits_total')).not.toBe(before.get('hits_total'));
});

test('what is no snapshot is refused', async () => {
  const client = own(await heap.load());
  countAll(client);
  const { Snapshot, register } = client;
  const { bytes } = await register.snapshot();
  const code = 'ERR_MPMETRICS_INVALID';
  expect(() => Snapshot.from('mps' as never)).toThrow(
    new TypeError("bytes must be a Uint8Array, and is 'mps'"),
  );
  for (const wrong of [
    Buffer.alloc(0),
    Buffer.from('hello'),
    bytes.subarray(0, bytes.length - 1),
  ]) {
    expect(() => Snapshot.from(wrong)).toThrow(expect.objectContaining({ code }) as Error);
  }
  const damaged = Snapshot.from(damagedLabel(bytes));
  await expect(damaged.text()).rejects.toMatchObject({ code });
  await expect(damaged.json()).rejects.toMatchObject({ code });
  await expect(Snapshot.join([damaged])).rejects.toMatchObject({ code });
  await expect(Snapshot.sum([damaged])).rejects.toMatchObject({ code });
  await expect(Snapshot.from(bytes).minus(damaged)).rejects.toMatchObject({ code });
  await expect(Snapshot.join([damaged], { instances: [] })).rejects.toThrow(/instances/);
  await expect(Snapshot.empty.text({ contentType: 'text/html' as never })).rejects.toThrow(
    'Content type text/html is unsupported',
  );
});

test('arguments that are no snapshots are refused by name', async () => {
  const client = own(await heap.load());
  const { Snapshot, MpmetricsError } = client;
  const one = await client.register.snapshot();
  const wrong: Value = any(one.bytes);
  const list: Value[] = any(one);
  const cases: [Promise<unknown>, RegExp][] = [
    [Snapshot.join(list), /^snapshots must be an array of snapshots, and is /],
    [Snapshot.sum([one, wrong]), /^snapshots\[1\] must be a Snapshot, and is /],
    [Snapshot.join([one], any(null)), /^join\(\)'s options must be an object, and is null$/],
    [Snapshot.join([one], { instances: any('a') }), /^instances must be an array with a name/],
    [Snapshot.join([one], { instances: any([1]) }), /^instances must be an array with a name/],
    [one.minus(wrong), /^base must be a Snapshot, and is /],
    [one.missingIn(any(undefined)), /^later must be a Snapshot, and is undefined$/],
    [one.without(any({}), []), /^gone must be a Snapshot, and is \{\}$/],
    [one.without(one, list), /^kept must be an array of snapshots, and is /],
  ];
  for (const [call, message] of cases) {
    await expect(call).rejects.toThrow(TypeError);
    await expect(call).rejects.toThrow(message);
  }
  expect(() => Snapshot.of(any([{}]))).toThrow(/^families must be an array of families/);
  expect(() => Snapshot.from(Buffer.from('hello'))).toThrow(MpmetricsError);
  await expect(Snapshot.from(damagedLabel((await filled(client)).bytes)).text()).rejects.toThrow(
    MpmetricsError,
  );
});

async function filled(client: Client & Own): Promise<Value> {
  countAll(client);
  return client.register.snapshot();
}

test('bytes may be of another realm', async () => {
  const client = own(await heap.load());
  const { bytes } = await filled(client);
  const other = runInNewContext('Uint8Array.from(bytes)', { bytes }) as Uint8Array;
  expect(other).not.toBeInstanceOf(Uint8Array);
  expect(await client.Snapshot.from(other).text()).toBe(await client.register.metrics());
});

/** Returns the bytes with a quote in place of the first letter of a label's name. */
function damagedLabel(bytes: Uint8Array): Buffer {
  const damaged = Buffer.from(bytes);
  damaged.write('"', damaged.indexOf('path="'));
  return damaged;
}

test('any two programs: the join of their snapshots has the sums of their counters', async () => {
  const [one, other] = [own(await heap.load()), own(await heap.load())];
  const counts = fc.dictionary(fc.constantFrom('a', 'b', 'c"', 'é'), fc.nat(1000), { maxKeys: 4 });
  const make = (client: Client) => new client.Counter({ name: 'n', help: 'h', labelNames: ['l'] });
  const [left, right] = [make(one), make(other)];
  await fc.assert(
    fc.asyncProperty(counts, counts, async (lefts, rights) => {
      left.reset();
      right.reset();
      for (const [l, count] of Object.entries(lefts)) left.inc({ l }, count);
      for (const [l, count] of Object.entries(rights)) right.inc({ l }, count);
      const snapshots = [await one.register.snapshot(), await other.register.snapshot()];
      const joined = await (await one.Snapshot.join(snapshots)).json();
      const found = Object.fromEntries(
        joined[0]!.values.map(({ labels, value }) => [String(labels['l']), value]),
      );
      const expected: Record<string, number> = {};
      for (const all of [lefts, rights])
        for (const [l, count] of Object.entries(all)) expected[l] = (expected[l] ?? 0) + count;
      expect(found).toEqual(expect.objectContaining(expected));
    }),
    { numRuns: 30 },
  );
});
