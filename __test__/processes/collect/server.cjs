const cluster = require('node:cluster');
const { Worker } = require('node:worker_threads');
const { declare, scrape } = require('./metrics');
if (cluster.isPrimary) {
  declare('primary');
  /** @type {{ once: (then: (answer: unknown) => void) => unknown, ask: () => unknown }[]} */
  const others = [1, 2, 3]
    .map(() => cluster.fork())
    .map((worker) => ({
      once: (then) => worker.once('message', then),
      ask: () => worker.send('scrape'),
    }));
  const thread = new Worker('./thread.js');
  others.push({
    once: (then) => thread.once('message', then),
    ask: () => thread.postMessage('scrape'),
  });
  const answer = (other) => new Promise((resolve) => other.once(resolve));
  (async () => {
    await Promise.all(others.map(answer));
    for (const other of [null, ...others]) {
      for (let i = 0; i < 3; i++) {
        const text = other === null ? scrape() : answer(other);
        other?.ask();
        console.log(JSON.stringify(await text));
      }
    }
    console.log('"over"');
  })();
} else {
  declare('worker' + cluster.worker.id);
  process.on('message', async () => process.send(await scrape()));
  process.send('ready');
}
