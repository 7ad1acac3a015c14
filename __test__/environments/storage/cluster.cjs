const cluster = require('node:cluster');
const { arrive } = require('./report');
const names = ['primary', '1', '2'];
if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
  arrive('primary', names);
} else arrive(String(cluster.worker.id), names).then(() => process.disconnect());
