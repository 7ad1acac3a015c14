/** `node start.js <port>` starts Egg with two workers, as `egg-scripts start` does. Egg itself prints its address. */
'use strict';
const { startCluster } = require('egg');

startCluster({ baseDir: __dirname, workers: 2, port: Number(process.argv[2]) });
