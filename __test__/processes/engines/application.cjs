/**
 * An application with an engine in each isolate. The main process has THREADS worker threads, or CLUSTER cluster
 * workers. The engine posts each snapshot's text to URL every INTERVAL seconds, with the isolate's name.
 *
 * Each line of stdin calls a function of {@link calls} in one isolate: `{ "to": 0, "call": "count", "args": [1] }`. The
 * main thread is number 0; the others follow in the order in which they were started. The program prints the names of
 * all isolates first, and then the result of each call.
 */
const cluster = require('node:cluster');
const { isMainThread, parentPort, threadId, Worker } = require('node:worker_threads');
const { Counter, register, startEngine } = require('mpmetrics');

const { CLUSTER = '0', INTERVAL, THREADS = '0', URL: url } = process.env;
const who = `${process.pid}/${threadId}`;
const counted = new Counter({ name: 'counted_total', help: 'h' });

const engine = {
  name: 'recorder',
  async push(snapshot) {
    const body = await snapshot.text();
    const { ok, status, headers } = await fetch(url, { method: 'POST', headers: { who }, body });
    if (ok) return;
    const reason = headers.get('reason');
    throw Object.assign(new Error(`status ${status}`), reason === null ? {} : { reason });
  },
  async close() {
    await fetch(url, { method: 'DELETE', headers: { who } });
  },
};
const running = startEngine(engine, { intervalSeconds: Number(INTERVAL) });

/** What other isolates and the test have this isolate do. */
const calls = {
  who: () => who,
  count: (by) => counted.inc(by),
  elected: () => running.elected,
  flush: () =>
    running.flush().then(
      () => 'flushed',
      (error) => error.message,
    ),
  close: () => running.close(),
  scrape: () => register.metrics(),
  /** Ends a worker thread. */
  terminate: (number) => isolates[number].worker.terminate(),
};

/**
 * Calls a function in this isolate.
 *
 * @param {any} message the name of the function and its arguments
 */
async function answer({ call, args = [] }) {
  return (await calls[call](...args)) ?? null;
}

/** The isolates other than the main thread, by their numbers. */
const isolates = [undefined];

function add(worker, post) {
  const answers = [];
  worker.on('message', (result) => answers.shift()(result));
  const ask = (message) =>
    new Promise((resolve) => {
      answers.push(resolve);
      post(message);
    });
  isolates.push({ worker, ask });
}

async function main() {
  for (let i = 0; i < Number(THREADS); i++) {
    const worker = new Worker(__filename);
    add(worker, (message) => worker.postMessage(message));
  }
  for (let i = 0; i < Number(CLUSTER); i++) {
    const worker = cluster.fork();
    add(worker, (message) => worker.send(message));
  }
  const names = isolates.slice(1).map(({ ask }) => ask({ call: 'who' }));
  console.log(JSON.stringify([who, ...(await Promise.all(names))]));
  const lines = require('node:readline').createInterface(process.stdin);
  lines.on('line', async (line) => {
    const { to, ...message } = JSON.parse(line);
    const result = await (to === 0 ? answer(message) : isolates[to].ask(message));
    console.log(JSON.stringify(result));
  });
}

if (!isMainThread) {
  parentPort.on('message', async (message) => parentPort.postMessage(await answer(message)));
} else if (!cluster.isPrimary) {
  process.on('message', async (message) => process.send(await answer(message)));
} else {
  void main();
}
