const cluster = require('node:cluster');
const { Worker } = require('node:worker_threads');
const { count, show } = require('./count');
const each = Number(process.argv[2]);
if (cluster.isPrimary) {
  for (let i = 0; i < 4; i++) cluster.fork();
  for (const n of [1, 2]) {
    new Worker('./thread.js', { argv: [each], workerData: 'thread' + n });
  }
  require('mpmetrics');
  show('primary', 6).then(() => process.exit());
} else {
  cluster.worker.exitedAfterDisconnect = true;
  process.disconnect();
  const who = 'worker' + cluster.worker.id;
  count(who, each)
    .then(() => show(who, 6))
    .then(() => process.exit());
}
