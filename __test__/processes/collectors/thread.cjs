const { parentPort, workerData } = require('node:worker_threads');
const mpmetrics = require(workerData);
mpmetrics.configure({ collectTimeout: 20_000 });
require('./register.cjs')({ mpmetrics }, 'thread', true);
parentPort.postMessage('ready');
// Keeps the thread alive.
parentPort.on('message', () => {});
