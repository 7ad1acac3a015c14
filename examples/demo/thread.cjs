/** A worker thread of the demo's server: it does jobs, and counts each job before it posts the result. */
const { createHash } = require('node:crypto');
const { parentPort } = require('node:worker_threads');
const { Counter } = require('mpmetrics');

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs that worker threads have done' });

parentPort.on('message', ({ id }) => {
  const result = createHash('sha256').update(`job ${id}`).digest('hex');
  jobs.inc();
  parentPort.postMessage({ id, result });
});
