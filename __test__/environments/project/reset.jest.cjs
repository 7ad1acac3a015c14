/* global afterEach, beforeEach, describe, expect, jest, test */
'use strict';

/** Loads the client and makes metrics, as a module of an application does when it is loaded. */
function application() {
  const client = require(process.env.CLIENT);
  const counter = new client.Counter({ name: 'c_total', help: 'c', labelNames: ['a'] });
  const histogram = new client.Histogram({ name: 'h', help: 'h', buckets: [1] });
  client.collectDefaultMetrics({ prefix: 'app_' });
  return { client, counter, histogram };
}

describe('jest.resetModules', () => {
  let app;
  beforeEach(() => {
    jest.resetModules();
    app = application();
  });
  afterEach(() => {
    app.client.register.clear();
  });

  test.each([1, 2, 3])('metrics are made again and start from zero: %i', async (n) => {
    app.counter.inc({ a: 'x' }, n);
    app.histogram.observe(n);
    const text = await app.client.register.metrics();
    expect(text).toContain(`\nc_total{a="x"} ${n}\n`);
    expect(text).toContain(`\nh_sum ${n}\n`);
    expect(text).toContain('\nh_count 1\n');
    expect(text).toContain('\napp_process_cpu_seconds_total ');
  });
});

describe('jest.isolateModules', () => {
  test('each isolated copy has a default registry of its own', async () => {
    const apps = [];
    for (let i = 0; i < 2; i++) jest.isolateModules(() => apps.push(application()));
    const [one, other] = apps;
    one.counter.inc({ a: 'one' });
    other.counter.inc({ a: 'other' }, 2);
    expect(await one.client.register.metrics()).toContain('c_total{a="one"} 1');
    expect(await one.client.register.metrics()).not.toContain('other');
    expect(await other.client.register.metrics()).toContain('c_total{a="other"} 2');
  });
});

test('a second metric with the same name is still refused', () => {
  const { client } = application();
  expect(() => new client.Counter({ name: 'c_total', help: 'c' })).toThrow(
    'A metric with the name c_total has already been registered.',
  );
});
