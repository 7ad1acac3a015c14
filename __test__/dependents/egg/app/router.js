'use strict';
const { Counter, register } = require('prom-client');

const hellos = new Counter({ name: 'hellos_total', help: 'Times that hello was said.' });

/** Each answer names the worker that gave it. */
module.exports = ({ router }) => {
  router.get('/hello', (context) => {
    hellos.inc();
    context.body = { pid: process.pid };
  });
  router.get('/metrics', async (context) => {
    context.body = { pid: process.pid, text: await register.metrics() };
  });
};
