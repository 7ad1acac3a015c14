/**
 * A primary with three workers. Each worker counts to 1000 and has a gauge with a `collect` callback. The primary
 * scrapes with `clusterMetrics()` and prints the result. Variables change the program. BLOCK or KILL: a worker is
 * blocked or killed during the scrape. NONE: a worker makes no AggregatorRegistry. CUSTOM: the metrics are in another
 * registry. PRIMARY: the primary counts, too. CLIENT: the name of the package.
 */
const cluster = require('node:cluster');
const client = require(process.env.CLIENT ?? 'mpmetrics');
const registries = [client.register];
if (process.env.CUSTOM) {
  registries[0] = new client.Registry();
  client.AggregatorRegistry.setRegistries(registries);
}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const main = async () => {
  // Before any worker exists, as prom-client demands it.
  const aggregator = new client.AggregatorRegistry();
  const ready = [1, 2, 3].map(
    () => new Promise((resolve) => cluster.fork().once('message', resolve)),
  );
  await Promise.all(ready);
  const [one, two] = Object.values(cluster.workers);
  if (process.env.BLOCK) {
    one.send('block');
    await sleep(100);
  }
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const begun = performance.now();
  const scrape = aggregator.clusterMetrics();
  if (process.env.KILL) setTimeout(() => two.process.kill('SIGKILL'), 20);
  const text = await scrape.catch((error) => 'rejected: ' + error.message);
  const ms = performance.now() - begun;
  clearInterval(timer);
  if (process.env.KILL) while (!two.isDead()) await sleep(5);
  const later = process.env.KILL ? await aggregator.clusterMetrics().catch(String) : '';
  const listeners = {
    cluster: cluster.listenerCount('message'),
    process: process.listenerCount('message'),
  };
  process.stdout.write(JSON.stringify({ text, later, ms, turns, listeners }) + '\n', () =>
    process.exit(),
  );
  for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
};
const work = () => {
  if (!process.env.NONE || cluster.worker.id !== 3) new client.AggregatorRegistry();
  const before = process.listenerCount('message');
  const counter = new client.Counter({ name: 'c_total', help: 'h', registers: registries });
  for (let i = 0; i < 1000; i++) counter.inc();
  new client.Gauge({
    name: 'worker',
    help: 'h',
    labelNames: ['id'],
    registers: registries,
    async collect() {
      await sleep(process.env.KILL && cluster.worker.id === 2 ? 200 : 1);
      this.set({ id: cluster.worker.id }, process.uptime());
    },
  });
  process.on('message', (message) => {
    while (message === 'block');
  });
  setInterval(() => {}, 1000);
  process.send({ listeners: before });
};
if (cluster.isPrimary) {
  if (process.env.PRIMARY)
    new client.Counter({ name: 'c_total', help: 'h', registers: registries }).inc(5);
  main();
} else work();
