const { parentPort } = require('node:worker_threads');
const { declare, scrape } = require('./metrics');
declare('thread');
parentPort.on('message', async () => parentPort.postMessage(await scrape()));
parentPort.postMessage('ready');
