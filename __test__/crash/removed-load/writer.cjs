/**
 * Counts in rounds, in the main thread and in a worker thread. After each round, the main thread writes a byte to a
 * pipe, where the parent can still read it after a kill. Reports both threads' numbers of rounds when the parent sends
 * `end`.
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
// From round 2,000 on, fewer rounds make a series: a run of many removals has many rounds, and a metric has at most
// 250,000 series.
const makesSeries = (round) => round % (round < 2_000 ? 50 : 20_000) === 0;
let rounds = 0;
let ending = false;
const round = () => {
  // Makes new series, too, which needs the heap lock.
  if (makesSeries(rounds)) counter.inc({ n: 'new' + rounds + n }, 1);
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
