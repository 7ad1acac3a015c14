/**
 * `node serve.cjs <application>` starts a cluster of two workers that serve the application, each on a port of its own.
 * Prints a line of JSON for each worker, with its process id and port. The primary loads no metrics library.
 */
'use strict';
const cluster = require('node:cluster');

async function work() {
  const make = require(`./${process.argv[2]}.cjs`);
  const server = await make();
  // Without `exclusive` both workers would listen on one port.
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
    const { port } = server.address();
    process.send(JSON.stringify({ pid: process.pid, port }));
  });
}

if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) {
    cluster.fork().on('message', (text) => {
      console.log(text);
    });
  }
} else {
  work();
}
