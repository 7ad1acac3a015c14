/**
 * A cluster of two workers that serve the application `app.cjs` at one port. Prints a line of JSON for each worker that
 * listens. A worker that ends is replaced. Each answer has a header with the process id of its worker.
 */
'use strict';
const cluster = require('node:cluster');
const { createRequire } = require('node:module');

async function work() {
  const { httpMetrics } = require(`mpmetrics/${process.env.SUBPATH}`);
  const build = require(`${__dirname}/app.cjs`);
  const load = createRequire(process.env.PACKAGES);
  const server = await build(load, httpMetrics({ path: '/metrics' }));
  server.prependListener('request', (_request, response) => {
    response.setHeader('X-Pid', process.pid);
  });
  server.listen(Number(process.env.PORT), '127.0.0.1', () => {
    process.send(process.pid);
  });
}

if (cluster.isPrimary) {
  const fork = () => {
    cluster.fork().on('message', (pid) => {
      console.log(JSON.stringify(pid));
    });
  };
  cluster.on('exit', fork);
  fork();
  fork();
} else {
  work();
}
