const run = require('./metrics');
const { parentPort } = require('node:worker_threads');
parentPort.on('message', async (line) => {
  parentPort.postMessage(await run(line));
});
