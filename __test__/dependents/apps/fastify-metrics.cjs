'use strict';
const fastify = require('fastify');

module.exports = async () => {
  const app = fastify();
  await app.register(require('fastify-metrics'), { endpoint: '/metrics' });
  app.get('/hello', async () => 'hello');
  await app.ready();
  return app.server;
};
