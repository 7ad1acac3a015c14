'use strict';
const { createAdaptorServer } = require('@hono/node-server');
const { prometheus } = require('@hono/prometheus');
const { Hono } = require('hono');

module.exports = () => {
  const app = new Hono();
  const { printMetrics, registerMetrics } = prometheus({ collectDefaultMetrics: true });
  app.use('*', registerMetrics);
  app.get('/metrics', printMetrics);
  app.get('/hello', (context) => context.text('hello'));
  return createAdaptorServer({ fetch: app.fetch });
};
