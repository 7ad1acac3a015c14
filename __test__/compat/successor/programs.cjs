/** Programs that use additions of the successor to prom-client 15, with the same results in this package. */
const { thrown } = require('./thrown.cjs');

const names = (metrics) => metrics.map(({ name }) => name);
const part = (value) => ({ value, labels: {} });

module.exports = {
  filters: async ({ register, Gauge, Counter }) => {
    new Counter({ name: 'c', help: 'h' }).inc();
    let ran = 0;
    new Gauge({
      name: 'g',
      help: 'h',
      aggregator: 'max',
      collect() {
        ran++;
      },
    });
    const duck = { name: 'd', help: 'h', type: 'gauge', values: [part(1)] };
    register.registerMetric({ ...duck, get: () => duck });
    const found = [];
    for (const filter of ['sum', 'max', 'none', undefined]) {
      found.push(names(register.getMetricsAsArray(filter)));
      found.push(names(await register.getMetricsAsJSON(filter)), ran);
    }
    return found;
  },
  aggregate: async ({ Registry, ClusterRegistry, AggregatorRegistry, WorkerRegistry }) => {
    const found = [ClusterRegistry === AggregatorRegistry];
    for (const aggregator of ['sum', 'max', undefined]) {
      const parts = [1, 2].map((value) => [
        { name: 'm', help: 'h', type: 'gauge', values: [part(value)], aggregator },
      ]);
      for (const one of [Registry, ClusterRegistry, WorkerRegistry]) {
        found.push(await one.aggregate(parts).metrics());
      }
    }
    return found;
  },
  registries: ({ ClusterRegistry, WorkerRegistry }) => [
    new WorkerRegistry().primary,
    new WorkerRegistry(undefined, false).primary,
    WorkerRegistry.workerCount(),
    thrown(() => WorkerRegistry.setRegistries(1)),
    thrown(() => ClusterRegistry.setRegistries([1])),
  ],
  'what inc() returns': ({ Counter }) => String(new Counter({ name: 'c', help: 'h' }).inc()),
  'default metrics': async (client) => {
    client.collectDefaultMetrics();
    const all = await client.register.getMetricsAsJSON();
    return [
      client.collectDefaultMetrics.metricsList,
      all.map(({ name, help, type, aggregator, values }) => {
        // Only metrics of the event loop's utilization keep their rows: rows of other metrics depend on the process,
        // not on the client. A row without labels may have no `labels`.
        const rows = /utilization/.test(name) ? values : [];
        const labels = rows.map((row) => [row.metricName, row.labels ?? {}]);
        return { name, help, type, aggregator, rows: labels };
      }),
    ];
  },
};
