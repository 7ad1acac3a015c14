/**
 * Programs whose results differ between `@prometheus-io/client` 0.16 and prom-client 15.1.3. This package has the
 * results of prom-client.
 */
const { dirname, join } = require('node:path');
const { thrown } = require('./thrown.cjs');

const values = async (gauge) => (await gauge.get()).values.map(({ value }) => value);

module.exports = {
  'gauge.inc(null) throws an error': ({ Gauge }) =>
    thrown(() => new Gauge({ name: 'm', help: 'h' }).inc(null)).slice(0, 38),
  "an exemplar's value is the increment": async (client) => {
    const registers = [new client.Registry(client.openMetricsContentType)];
    const counter = new client.Counter({ name: 'm', help: 'h', registers, enableExemplars: true });
    for (const value of [2, 3]) counter.inc({ value, exemplarLabels: { a: 'x' } });
    return (await counter.get()).values[0].exemplar.value;
  },
  'zero() of undeclared labels': ({ Histogram }) =>
    thrown(() => new Histogram({ name: 'm', help: 'h' }).zero({ z: 1 })),
  'an empty label is not a missing one': async ({ Gauge }) => {
    const gauge = new Gauge({ name: 'm', help: 'h', labelNames: ['a', 'b'] });
    gauge.set({ a: 'x' }, 1);
    gauge.set({ a: 'x', b: '' }, 2);
    return values(gauge);
  },
  'label values with a bar in them': async ({ Gauge }) => {
    const gauge = new Gauge({ name: 'm', help: 'h', labelNames: ['a', 'b'] });
    gauge.set({ a: 'x|', b: 'y' }, 1);
    gauge.set({ a: 'x', b: '|y' }, 2);
    return values(gauge);
  },
  'a label that is null where there is a default label': async ({ Gauge, Registry }) => {
    const registry = new Registry();
    registry.setDefaultLabels({ a: 'd' });
    const gauge = new Gauge({ name: 'm', help: 'h', labelNames: ['a'], registers: [registry] });
    gauge.set({ a: null }, 1);
    return (await registry.metrics()).split('\n')[2];
  },
  'an undeclared label: the order of declared labels in the error': ({ Gauge }) => {
    const gauge = new Gauge({ name: 'm', help: 'h', labelNames: ['b', 'a'] });
    return thrown(() => gauge.set({ z: 1 }, 1));
  },
  'an undeclared label and no number: which of the two the error names': (client) =>
    ['Counter', 'Histogram'].map((type) => {
      const metric = new client[type]({ name: type, help: 'h' });
      const update = metric.inc || metric.observe;
      return thrown(() => update.call(metric, { z: 1 }, 'x')).split(' ', 2)[1];
    }),
  'the clock of gauge.startTimer()': ({ Gauge }) => {
    const real = process.hrtime;
    process.hrtime = /** @type {any} */ ((since) => (since ? [7, 0] : [0, 0]));
    const seconds = new Gauge({ name: 'm', help: 'h' }).startTimer()();
    process.hrtime = real;
    return seconds === 7;
  },
  'the property that holds the values': ({ Counter }) => {
    const counter = new Counter({ name: 'm', help: 'h' });
    return ['hashMap', 'store'].map((name) => name in counter);
  },
  'validateLabelName() and setValue() of deep paths': () => {
    const { CLIENT } = process.env;
    const lib = (name) => require(join(dirname(require.resolve(CLIENT)), 'lib', name));
    const { setValue } = lib(CLIENT.endsWith('dist') ? 'label-hashes' : 'util');
    const map = new Map();
    setValue(map, 1, { a: 1 });
    return [lib('validation').validateLabelName(['a', 'b-c']), map.size];
  },
};
