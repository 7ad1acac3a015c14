/** Modules that are loaded only when they are used. */

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';

const made: Application[] = [];

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

test.each([
  ['a counter', `new client.Counter({ name: 'c', help: 'h' }).inc();`],
  ['default metrics', `client.collectDefaultMetrics({ perProcess: true });`],
  ['clusterMetrics()', `await new client.AggregatorRegistry().clusterMetrics();`],
])('node:cluster is not loaded by %s', async (_, code) => {
  // Passenger crashes if node:cluster is loaded: https://github.com/siimon/prom-client/issues/323.
  const app = new Application({
    'main.js': `
      const client = require('mpmetrics');
      (async () => {
        ${code}
        const text = await client.register.metrics();
        const loaded = () => process.moduleLoadList.includes('NativeModule cluster');
        const before = loaded();
        require('node:cluster');
        console.log(JSON.stringify([text.length > 1, before, loaded()]));
        process.exit();
      })();`,
  });
  made.push(app);
  const expected = [!code.includes('clusterMetrics'), false, true];
  expect(JSON.parse(await app.run('main.js').line())).toEqual(expected);
});
