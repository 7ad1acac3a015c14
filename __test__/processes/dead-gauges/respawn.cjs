/** A cluster's primary that kills and replaces its worker. Prints a scrape as JSON after 20 workers and at the end. */
const cluster = require('node:cluster');
const { Gauge, collectLibraryMetrics, register } = require('mpmetrics');

const [, , respawns] = process.argv;
for (const aggregator of /** @type {const} */ (['sum', 'max', 'mostrecent', 'all'])) {
  const gauge = new Gauge({
    name: aggregator,
    help: 'h',
    labelNames: ['k'],
    aggregator,
    dead: 'keep',
    ...(aggregator === 'all' ? { keepDead: 8 } : {}),
  });
  if (!cluster.isPrimary) for (let k = 0; k < 20; k++) gauge.inc({ k });
}

async function main() {
  collectLibraryMetrics();
  for (let n = 1; n <= Number(respawns); n++) {
    const worker = cluster.fork();
    await new Promise((resolve) => worker.once('message', resolve));
    worker.process.kill('SIGKILL');
    await new Promise((resolve) => worker.once('exit', resolve));
    if (n === 20 || n === Number(respawns)) console.log(JSON.stringify(await register.metrics()));
  }
}

if (!cluster.isPrimary) process.send('ready');
else main().then(() => process.exit());
