/** A worker thread of the demo's server: it computes, and counts what it did before it says so. */
const { createHash } = require('node:crypto');
const { parentPort } = require('node:worker_threads');
const { Counter } = require('mpmetrics');

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs that worker threads have done' });

parentPort.on('message', ({ id }) => {
  const result = createHash('sha256').update(`job ${id}`).digest('hex');
  jobs.inc();
  parentPort.postMessage({ id, result });
});
