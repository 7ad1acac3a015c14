/** `node start.js <port>`: two workers, as `egg-scripts start` has them; Egg itself prints where it listens. */
'use strict';
const { startCluster } = require('egg');

startCluster({ baseDir: __dirname, workers: 2, port: Number(process.argv[2]) });
