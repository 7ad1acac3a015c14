/* global afterEach, expect, jest, test */
'use strict';

const client = require(process.env.CLIENT);

afterEach(() => {
  jest.restoreAllMocks();
  client.register.clear();
});

test('spyOn and replaceProperty on exports', () => {
  const spy = jest.spyOn(client, 'collectDefaultMetrics').mockReturnValue('mocked');
  expect(client.collectDefaultMetrics()).toBe('mocked');
  expect(spy).toHaveBeenCalledTimes(1);
  jest.replaceProperty(client, 'register', 'replaced');
  expect(client.register).toBe('replaced');
});

test("spyOn a metric's method", async () => {
  const counter = new client.Counter({ name: 'c_total', help: 'c', labelNames: ['a'] });
  const spy = jest.spyOn(counter, 'inc');
  counter.inc({ a: 'x' }, 2);
  expect(spy).toHaveBeenCalledWith({ a: 'x' }, 2);
  expect(await client.register.metrics()).toContain('c_total{a="x"} 2');
});

test('an automatic mock has classes and functions that do nothing', () => {
  jest.isolateModules(() => {
    jest.mock(process.env.CLIENT);
    const mocked = require(process.env.CLIENT);
    const gauge = new mocked.Gauge({ name: 'g', help: 'h' });
    expect(gauge.set(1)).toBeUndefined();
    expect(mocked.Gauge).toHaveBeenCalledTimes(1);
    expect(mocked.register.metrics()).toBeUndefined();
    jest.unmock(process.env.CLIENT);
  });
});
