/**
 * express-prom-bundle as its README has it for a cluster: two workers that serve no metrics, and a primary that
 * serves those of all. A line of JSON tells the port of each, the primary's last.
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
