const { fork, spawn } = require('node:child_process');
const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
module.exports = async () => {
  for (const file of ['thread.js', 'thread.mjs']) {
    await once(new Worker(require.resolve('./' + file)), 'exit');
  }
  await once(fork(require.resolve('./forked.js'), { silent: false }), 'message');
  const child = spawn(process.execPath, [require.resolve('./spawned.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.stdout.write((await once(child.stdout, 'data'))[0]);
};
