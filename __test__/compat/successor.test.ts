/** `@prometheus-io/client` 0.16 as the oracle of what it has beside prom-client 15; it needs Node.js 22. */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { installNode } from '../../scripts/nodes.mjs';
import { cachedPackage } from '../support/cached-package';
import { plainEnvironment } from '../support/plain-environment';
import { newSegment } from '../support/subject';

const root = join(__dirname, '..', '..');
const dist = join(root, 'dist');

let node: string;
let successor: string;

beforeAll(async () => {
  successor = await cachedPackage('successor', '@prometheus-io/client', '0.16.1');
  if (!lacks('Node.js 22, 24 and 26')) node = await installNode(22);
});

/** Prints what `show(client)` yields. */
const PROGRAM = `
const client = require(process.env.CLIENT);
if (client.configure) {
  const { SEGMENT: segment } = process.env;
  client.configure(segment ? { segment } : { storage: 'memory' });
}
const names = (metrics) => metrics.map(({ name }) => name);
const part = (value) => ({ value, labels: {} });
const thrown = (call) => { try { call(); return 'nothing'; } catch (error) { return String(error); } };
(async () => {
  const found = await show(client);
  console.log(JSON.stringify(found));
  process.exit();
})();
`;

const PROGRAMS: Record<string, string> = {
  filters: `
    const { register, Gauge, Counter } = client;
    new Counter({ name: 'c', help: 'h' }).inc();
    let ran = 0;
    new Gauge({ name: 'g', help: 'h', aggregator: 'max', collect() { ran++; } });
    const duck = { name: 'd', help: 'h', type: 'gauge', values: [part(1)] };
    register.registerMetric({ ...duck, get: () => duck });
    const found = [];
    for (const filter of ['sum', 'max', 'none', undefined]) {
      found.push(names(register.getMetricsAsArray(filter)));
      found.push(names(await register.getMetricsAsJSON(filter)), ran);
    }
    return found;`,
  aggregate: `
    const { Registry, ClusterRegistry, AggregatorRegistry, WorkerRegistry } = client;
    const found = [ClusterRegistry === AggregatorRegistry];
    for (const aggregator of ['sum', 'max', undefined]) {
      const parts = [1, 2].map((value) => [{ name: 'm', help: 'h', type: 'gauge', values: [part(value)], aggregator }]);
      for (const one of [Registry, ClusterRegistry, WorkerRegistry]) found.push(await one.aggregate(parts).metrics());
    }
    return found;`,
  registries: `
    const { ClusterRegistry, WorkerRegistry } = client;
    return [
      new WorkerRegistry().primary,
      new WorkerRegistry(undefined, false).primary,
      WorkerRegistry.workerCount(),
      thrown(() => WorkerRegistry.setRegistries(1)),
      thrown(() => ClusterRegistry.setRegistries([1])),
    ];`,
  'what inc() returns': `return String(new client.Counter({ name: 'c', help: 'h' }).inc());`,
  'default metrics': `
    client.collectDefaultMetrics();
    const all = await client.register.getMetricsAsJSON();
    return [
      client.collectDefaultMetrics.metricsList,
      all.map(({ name, help, type, aggregator, values }) => {
        // Labels of which there are none may be missing, and which there are is not the client's doing.
        const rows = /utilization/.test(name) ? values : [];
        return { name, help, type, aggregator, rows: rows.map((row) => [row.metricName, row.labels ?? {}]) };
      }),
    ];`,
};

function run(code: string, env: Record<string, string>): string {
  const program = `const show = async (client) => {${code}};${PROGRAM}`;
  const { stdout, stderr } = spawnSync(node, ['-e', program], {
    env: plainEnvironment(env),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

test.skipIf(lacks('Node.js 22, 24 and 26')).each(Object.entries(PROGRAMS))('%s', (_, code) => {
  const theirs = run(code, { CLIENT: successor });
  expect(theirs.length).toBeGreaterThan(5);
  expect(run(code, { CLIENT: dist })).toBe(theirs);
  expect(run(code, { CLIENT: dist, SEGMENT: newSegment() })).toBe(theirs);
});

/** What it does otherwise than prom-client 15.1.3, whom we follow: what a program yields with it, and with both of us. */
const DIFFERENCES: Record<string, readonly [code: string, theirs: unknown, ours: unknown]> = {
  'gauge.inc(null) is no delta': [
    `return thrown(() => new client.Gauge({ name: 'm', help: 'h' }).inc(null)).slice(0, 38);`,
    'nothing',
    'TypeError: Delta is not a valid number',
  ],
  "an exemplar's value is the increment": [
    `const registers = [new client.Registry(client.openMetricsContentType)];
     const counter = new client.Counter({ name: 'm', help: 'h', registers, enableExemplars: true });
     for (const value of [2, 3]) counter.inc({ value, exemplarLabels: { a: 'x' } });
     return (await counter.get()).values[0].exemplar.value;`,
    5,
    3,
  ],
  'zero() of undeclared labels': [
    `return thrown(() => new client.Histogram({ name: 'm', help: 'h' }).zero({ z: 1 }));`,
    'Error: Added label "z" is not included in initial labelset: []',
    'nothing',
  ],
  'an empty label is not a missing one': [
    `const gauge = new client.Gauge({ name: 'm', help: 'h', labelNames: ['a', 'b'] });
     gauge.set({ a: 'x' }, 1);
     gauge.set({ a: 'x', b: '' }, 2);
     return (await gauge.get()).values.map(({ value }) => value);`,
    [2],
    [1, 2],
  ],
  'label values with a bar in them': [
    `const gauge = new client.Gauge({ name: 'm', help: 'h', labelNames: ['a', 'b'] });
     gauge.set({ a: 'x|', b: 'y' }, 1);
     gauge.set({ a: 'x', b: '|y' }, 2);
     return (await gauge.get()).values.map(({ value }) => value);`,
    [2],
    [1, 2],
  ],
  'a label that is null where there is a default label': [
    `const registry = new client.Registry();
     registry.setDefaultLabels({ a: 'd' });
     new client.Gauge({ name: 'm', help: 'h', labelNames: ['a'], registers: [registry] }).set({ a: null }, 1);
     return (await registry.metrics()).split('\\n')[2];`,
    'm{a="d"} 1',
    'm{a="null"} 1',
  ],
  'an undeclared label: the order of those that are': [
    `return thrown(() => new client.Gauge({ name: 'm', help: 'h', labelNames: ['b', 'a'] }).set({ z: 1 }, 1));`,
    `Error: Added label "z" is not included in initial labelset: [ 'a', 'b' ]`,
    `Error: Added label "z" is not included in initial labelset: [ 'b', 'a' ]`,
  ],
  'an undeclared label and no number: which is told': [
    `return ['Counter', 'Histogram'].map((type) => {
       const metric = new client[type]({ name: type, help: 'h' });
       return thrown(() => (metric.inc || metric.observe).call(metric, { z: 1 }, 'x')).split(' ', 2)[1];
     });`,
    ['Value', 'Value'],
    ['Added', 'Added'],
  ],
  'the clock of gauge.startTimer()': [
    `const real = process.hrtime;
     process.hrtime = (since) => (since ? [7, 0] : [0, 0]);
     const seconds = new client.Gauge({ name: 'm', help: 'h' }).startTimer()();
     process.hrtime = real;
     return seconds === 7;`,
    false,
    true,
  ],
  'where values are found': [
    `const counter = new client.Counter({ name: 'm', help: 'h' });
     return ['hashMap', 'store'].map((name) => name in counter);`,
    [false, true],
    [true, false],
  ],
  'validateLabelName() and setValue() of its deep paths': [
    `const { dirname, join } = require('path');
     const lib = (name) => require(join(dirname(require.resolve(process.env.CLIENT)), 'lib', name));
     const { setValue } = lib(process.env.CLIENT.endsWith('dist') ? 'label-hashes' : 'util');
     const values = new Map();
     setValue(values, 1, { a: 1 });
     return [lib('validation').validateLabelName(['a', 'b-c']), values.size];`,
    [['b-c'], 1],
    [false, 0],
  ],
};

test.each(Object.entries(DIFFERENCES))('%s', (_, [code, theirs, ours]) => {
  expect(JSON.parse(run(code, { CLIENT: successor }))).toEqual(theirs);
  const prom = join(root, 'node_modules', 'prom-client');
  expect(JSON.parse(run(code, { CLIENT: prom }))).toEqual(ours);
  expect(JSON.parse(run(code, { CLIENT: dist }))).toEqual(ours);
  expect(JSON.parse(run(code, { CLIENT: dist, SEGMENT: newSegment() }))).toEqual(ours);
});

test('its deep paths are there', () => {
  const { fileFor } = createRequire(__filename)(join(dist, 'register', 'names.js')) as {
    fileFor: (specifier: string, esm: boolean) => string | null;
  };
  const files = readdirSync(join(successor, 'lib'), { recursive: true, encoding: 'utf8' });
  const missing = files
    .filter((name) => name.endsWith('.js'))
    .filter((name) => fileFor(`@prometheus-io/client/lib/${name}`, false) === null);
  expect(files.length).toBeGreaterThan(30);
  expect(missing.sort()).toEqual(['exemplar.js', 'timeWindowQuantiles.js']);
});
