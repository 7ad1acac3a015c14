'use strict';
const http = require('node:http');
const CircuitBreaker = require('opossum');
const PrometheusMetrics = require('opossum-prometheus');

module.exports = () => {
  const greet = async () => 'hello';
  const circuit = new CircuitBreaker(greet, { name: 'greeting' });
  const prometheus = new PrometheusMetrics({ circuits: [circuit] });
  return http.createServer(async (request, response) => {
    if (request.url === '/metrics') response.end(await prometheus.metrics);
    else response.end(await circuit.fire());
  });
};
