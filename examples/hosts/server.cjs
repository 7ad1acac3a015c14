/**
 * A server of two workers that counts its requests and shares its metrics with the other hosts. Run it on each host, with
 * REDIS_URL. Any host shows all of them at port 9464.
 */
const cluster = require('node:cluster');
const { createServer } = require('node:http');

const { Counter, metricsHandler, register } = require('mpmetrics');
const { redis } = require('mpmetrics/redis');

const share = redis({
  url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  key: 'mp:{shop}',
});

if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork();
  createServer(metricsHandler(register, { scope: 'hosts', path: '/metrics' })).listen(9464);
} else {
  const requests = new Counter({ name: 'http_requests_total', help: 'Requests, of all hosts' });
  createServer((request, response) => {
    requests.inc();
    response.end('hello\n');
  }).listen(8080);
}

process.once('SIGTERM', () => {
  if (cluster.isWorker) return process.exit();
  // The workers end first, so that the last flush has all that they counted.
  cluster.disconnect(() => {
    void share.close().finally(() => process.exit());
  });
});
