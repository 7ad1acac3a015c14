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
