/**
 * A cluster with express-prom-bundle as in its README: two workers that serve no metrics, and a primary that serves the
 * metrics of all. Prints a line of JSON for each process, with its pid and port; the last line is the primary's.
 */
'use strict';
const cluster = require('node:cluster');
const express = require('express');
const bundle = require('express-prom-bundle');

if (cluster.isPrimary) {
  let workers = 0;
  for (let i = 0; i < 2; i++) {
    cluster.fork().on('message', (text) => {
      console.log(text);
      if (++workers === 2) serve();
    });
  }
} else {
  const app = express();
  app.use(bundle({ autoregister: false, includeMethod: true, includePath: true }));
  app.get('/hello', (request, response) => response.send('hello'));
  app.get('/block', () => {
    for (;;);
  });
  const server = require('node:http').createServer(app);
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
    process.send(JSON.stringify({ pid: process.pid, port: server.address().port }));
  });
}

function serve() {
  const app = express();
  app.use('/metrics', bundle.clusterMetrics());
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ pid: process.pid, port: server.address().port }));
  });
}
