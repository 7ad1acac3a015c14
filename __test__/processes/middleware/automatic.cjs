/**
 * Serves the application `app.cjs` at a free port, and prints the port. With EXPLICIT, it calls `httpMetrics()`;
 * without, it has no code that counts requests. For each line that it reads, it prints the metrics as one line of JSON.
 */
'use strict';
const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');

const { register } = require('prom-client');

async function start() {
  const load = createRequire(process.env.PACKAGES);
  const counted =
    process.env.EXPLICIT === undefined
      ? undefined
      : require('mpmetrics/http').httpMetrics({ names: 'otel' });
  const server = await require(`${__dirname}/app.cjs`)(load, counted);
  server.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify(server.address().port));
  });
  createInterface(process.stdin).on('line', async () => {
    console.log(JSON.stringify(await register.metrics()));
  });
}

start();
