const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { collectDefaultMetrics, configure, register } = require('mpmetrics');
if (isMainThread) {
  collectDefaultMetrics();
  const cases = [{}, { processMetrics: false }, { processMetrics: true }, { storage: 'memory' }];
  Promise.all(
    cases.map(
      (workerData) =>
        new Promise((resolve) => {
          new Worker(__filename, { workerData }).once('message', resolve);
        }),
    ),
  ).then((all) => console.log(JSON.stringify(all)));
} else {
  const { storage, ...config } = workerData;
  if (storage) configure({ storage });
  collectDefaultMetrics(config);
  register.getMetricsAsJSON().then((all) => {
    const { values } = all.find(({ name }) => name === 'process_open_fds') ?? {};
    parentPort.postMessage(values === undefined ? 'none' : values.length);
  });
}
