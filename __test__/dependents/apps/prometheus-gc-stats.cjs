'use strict';
const http = require('node:http');
const v8 = require('node:v8');
const vm = require('node:vm');
const collections = require('@sematext/gc-stats');
const { register } = require('prom-client');
const gcStats = require('prometheus-gc-stats');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

module.exports = () => {
  gcStats(register)();
  // Counts all full collections, because V8 may start some beside those that a request asks for.
  const FULL = 4;
  let seen = 0;
  collections().on('stats', ({ gctype }) => {
    if (gctype === FULL) seen++;
  });
  return http.createServer(async (request, response) => {
    if (request.url === '/metrics') return response.end(await register.metrics());
    if (request.url === '/seen') return response.end(String(seen));
    collect();
    response.end('hello');
  });
};
