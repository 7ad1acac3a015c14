const { parentPort, workerData } = require('node:worker_threads');
require('./count').count(workerData, Number(process.argv[2]));
parentPort.on('message', () => process.exit());
