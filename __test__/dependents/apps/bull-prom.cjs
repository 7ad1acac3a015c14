'use strict';
const http = require('node:http');
const Queue = require('bull');
const bullProm = require('bull-prom');
const { register } = require('prom-client');

// Each call of `finished()` adds listeners to the queue and to its connection.
require('node:events').defaultMaxListeners = 100;

module.exports = async () => {
  const queue = new Queue('greetings', process.env.REDIS_URL);
  bullProm.init({ interval: 50 }).start(queue);
  queue.process(async () => 'hello');
  await queue.isReady();
  return http.createServer(async (request, response) => {
    if (request.url === '/metrics') return response.end(await register.metrics());
    const job = await queue.add({});
    response.end(await job.finished());
  });
};
