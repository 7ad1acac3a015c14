/** Runs each line of stdin as code, which can use `names` below, and prints its result as JSON. */
const mpmetrics = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const { heap } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'storage'));
/** Waits until the backlog is empty. Until then, series are made and removed in the process's own memory only. */
const calm = async () => {
  while (heap.backlog.busy) await new Promise((resolve) => setTimeout(resolve, 1));
};
const counter = new mpmetrics.Counter({ name: 'c', help: 'c', labelNames: ['n'] });
const gauge = new mpmetrics.Gauge({ name: 'g', help: 'g', labelNames: ['n'] });
const stats = () => openSegment({ create: false }).stats();
const names = { mpmetrics, counter, gauge, stats, kept: {}, heap, calm, require };
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    const run = new Function(...Object.keys(names), 'return (async () => {' + line + '})()');
    console.log(JSON.stringify((await run(...Object.values(names))) ?? null));
  });
