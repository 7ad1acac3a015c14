/**
 * `npm run demo [-- --prometheus] [--amount=N] [--connections=N]`: starts a cluster of four workers with a
 * worker thread each, sends it real load, and kills one worker in the middle. Then it scrapes every process
 * for the metrics of all. Exits with 1 unless every answer is right.
 */
import { parseArgs } from 'node:util';

import { Cluster } from './cluster.mjs';
import { sendLoad } from './load.mjs';
import { askPrometheus, checkPrometheus } from './prometheus.mjs';
import { comparison, verdict } from './report.mjs';
import { scrape } from './scrape.mjs';
import { problems } from './verdict.mjs';

const { values } = parseArgs({
  options: {
    prometheus: { type: 'boolean', default: false },
    amount: { type: 'string', default: '40000' },
    connections: { type: 'string', default: '40' },
  },
});
const amount = Number(values.amount);
const connections = Number(values.connections);

if (values.prometheus) checkPrometheus();

const say = (text) => console.log(text);

async function demonstrate(cluster) {
  say(`Processes: a primary and ${cluster.processes.size - 1} workers, each with a worker thread.`);
  say(`Load: ${amount} requests over ${connections} connections; halfway a worker is killed.`);
  const load = await sendLoad({
    port: cluster.port,
    amount,
    connections,
    halfway: () => cluster.killWorker(),
  });
  await cluster.replaced();
  const { pid, connections: open } = cluster.victim;
  say(`Worker ${pid} was killed (SIGKILL) with ${open} connections open, and replaced.`);
  say(
    `The load took ${load.seconds.toFixed(1)} s, ${Math.round(load.perSecond)} requests a second.\n`,
  );

  const shown = [];
  for (const [id, port] of cluster.processes) {
    const role = shown.length === 0 ? 'primary' : 'worker';
    shown.push([`${role} ${id}, port ${port}`, await scrape(port)]);
  }
  if (values.prometheus) {
    for (const [port, figures] of await askPrometheus([...cluster.processes.values()])) {
      shown.push([`PromQL, instance ${port}`, figures]);
    }
  }
  say(comparison(load, shown));

  const wrong = shown.flatMap(([who, figures]) =>
    problems(load, figures, open).map((problem) => `${who}: ${problem}`),
  );
  // A missing answer is an error, because the comparison would not check that process.
  const expected = cluster.processes.size * (values.prometheus ? 2 : 1);
  if (shown.length !== expected) wrong.push(`${shown.length} of ${expected} answers came`);
  say(`\n${verdict(wrong, open)}`);
  return wrong.length === 0;
}

const cluster = await Cluster.start();
try {
  process.exitCode = (await demonstrate(cluster)) ? 0 : 1;
} finally {
  cluster.stop();
}
