/** Runs the lines that it reads, as `metrics.js` says; a line that begins with `worker`, in a worker thread. */
const run = require('./metrics');
const { Worker } = require('node:worker_threads');
let worker;
const inWorker = (line) =>
  new Promise((resolve) => {
    worker ??= new Worker('./thread.js');
    worker.once('message', resolve);
    worker.postMessage(line);
  });
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    console.log(await (line.startsWith('worker ') ? inWorker(line.slice(7)) : run(line)));
  });
console.log(process.pid);
