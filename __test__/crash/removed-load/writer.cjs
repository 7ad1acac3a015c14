/**
 * Counts in rounds. Acknowledges each round before the next one on a pipe, whose bytes survive a kill. Reports the
 * number of rounds when the parent sends `end`.
 */
const { writeSync } = require('node:fs');
const { isMainThread, Worker, parentPort, workerData } = require('node:worker_threads');
const { Counter, Gauge, Histogram, Summary } = require('mpmetrics');
const n = isMainThread ? process.argv[2] : workerData;
const of = (name) => ({ name, help: 'h', labelNames: ['n'] });
const counter = new Counter(of('c'));
const histogram = new Histogram({ ...of('h'), buckets: [1, 2] });
const summary = new Summary({ ...of('s'), percentiles: [0.5] });
const shared = new Gauge({ ...of('shared'), aggregator: 'shared' });
const gauge = new Gauge(of('g'));
let rounds = 0;
let ending = false;
const round = () => {
  // Makes new series, too, which needs the heap lock.
  if (rounds % 50 === 0) counter.inc({ n: 'new' + rounds + n }, 1);
  counter.inc({ n }, 1);
  histogram.observe({ n }, 1);
  summary.observe({ n }, 2 ** (rounds % 20));
  shared.inc({ n }, 1);
  gauge.set({ n }, ++rounds);
};
const turn = () => {
  for (let i = 0; i < 20; i++) {
    round();
    if (isMainThread) writeSync(3, 'x');
  }
  if (ending) end();
  else setTimeout(turn, 1);
};
let end = () => parentPort.postMessage(rounds);
if (isMainThread) {
  const thread = new Worker(__filename, { workerData: n + 'thread' });
  const threads = new Promise((resolve) => thread.on('message', resolve));
  end = async () => process.send({ [n]: rounds, [n + 'thread']: await threads });
  process.on('message', () => {
    thread.postMessage('end');
    ending = true;
  });
} else {
  parentPort.on('message', () => {
    ending = true;
  });
}
turn();
