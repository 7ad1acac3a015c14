const { parentPort } = require('node:worker_threads');
const run = require('./gauges');
parentPort.on('message', async (line) => parentPort.postMessage(await run(line)));
