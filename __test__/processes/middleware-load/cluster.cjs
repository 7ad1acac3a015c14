/**
 * A cluster of two workers that serve the application `app.cjs` at one port. Prints a line of JSON for each worker that
 * listens. A worker that ends is replaced.
 *
 * Each answer, except those for `/metrics`, has the header `X-Answer` with the worker's process id, the method and the
 * URL. When such a response has ended, or its connection has closed before, the worker appends a line
 * `METHOD URL STATUS` to the file `answers-PID.log`; the status is 499 if the connection closed first. Files keep what
 * a killed worker wrote.
 */
'use strict';
const cluster = require('node:cluster');
const { openSync, writeSync } = require('node:fs');
const { createRequire } = require('node:module');

async function work() {
  const { httpMetrics } = require(`mpmetrics/${process.env.SUBPATH}`);
  const build = require(`${__dirname}/app.cjs`);
  const load = createRequire(process.env.PACKAGES);
  const server = await build(load, httpMetrics({ path: '/metrics' }));
  const log = openSync(`${__dirname}/answers-${process.pid}.log`, 'a');
  server.prependListener('request', ({ method, url }, response) => {
    if (url === '/metrics') return;
    const { writeHead } = response;
    // Sets the header only in `writeHead`, because Koa removes all headers of a response if a handler throws.
    response.writeHead = function (...args) {
      this.setHeader('X-Answer', `${process.pid} ${method} ${url}`);
      return writeHead.apply(this, args);
    };
    response.on('close', () => {
      writeSync(log, `${method} ${url} ${response.writableFinished ? response.statusCode : 499}\n`);
    });
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
