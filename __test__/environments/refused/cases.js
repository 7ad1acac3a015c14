// Runs the cases that the test gives as JSON, each in a thread of its own, and prints the result of each.
const { closeSync, openSync, readSync, writeSync } = require('fs');
const { once } = require('events');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

/** Tells `refuse.c`, by the file that it maps, which call to refuse, with which errno, and how often. */
function refuse(file, { call, errno, times }) {
  const page = Buffer.alloc(64);
  page.writeInt32LE(errno, 0);
  page.writeInt32LE(times, 4);
  page.write(call, 12);
  writeSync(file, page, 0, 64, 0);
}

function refusals(file) {
  const page = Buffer.alloc(64);
  readSync(file, page, 0, 64, 0);
  return page.readInt32LE(8);
}

async function main() {
  const file = openSync(process.env.MPMETRICS_REFUSE, 'r+');
  for (const [number, one] of JSON.parse(process.argv[2]).entries()) {
    const segment = `refused-${process.pid}-${number}`;
    const threads = [];
    const thread = async (given) => {
      const worker = new Worker(__filename, { workerData: { ...given, segment } });
      threads.push(worker);
      const [answer] = await once(worker, 'message');
      return answer;
    };
    // Makes the segment and keeps it open, so that the thread of the case attaches to it.
    if (one.phase === 'attached') await thread({ phase: 'keeper' });
    const answer = await thread(one);
    answer.refused = refusals(file);
    refuse(file, { call: '', errno: 0, times: 0 });
    for (const worker of threads) await worker.terminate();
    console.log(JSON.stringify({ ...one, ...answer }));
  }
  closeSync(file);
}

/**
 * Runs one case. Its `phase` says from when on calls are refused: `start`, before this thread makes the segment;
 * `attached`, before it attaches to the segment that the keeper made; `running`, after its first update. The thread of
 * the phase `keeper` only makes the segment.
 */
async function one({ phase, segment, ...refused }) {
  const mpmetrics = require('mpmetrics');
  const { Counter, Gauge, Histogram, Registry, Summary, register } = mpmetrics;
  const warnings = [];
  process.on('warning', ({ code, message }) => warnings.push(`${code}: ${message}`));
  mpmetrics.configure({ segment });
  // Only OpenMetrics shows exemplars.
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  if (phase === 'keeper') {
    new Counter({ name: 'kept_total', help: 'k' }).inc();
    parentPort.postMessage({});
    return;
  }
  const file = openSync(process.env.MPMETRICS_REFUSE, 'r+');
  let longest = 0;
  const timed = (work) => {
    const began = performance.now();
    const answer = work();
    longest = Math.max(longest, performance.now() - began);
    return answer;
  };
  if (phase !== 'running') refuse(file, refused);
  const counter = timed(() => new Counter({ name: 'c', help: 'c', labelNames: ['n'] }));
  timed(() => counter.inc({ n: 'first' }, 3));
  if (phase === 'running') refuse(file, refused);
  timed(() => counter.inc({ n: 'first' }, 4));
  // These series need more room than the segment has at first.
  timed(() => {
    for (let n = 0; n < 1_000; n++) counter.inc({ n });
  });
  timed(
    () =>
      new Gauge({
        name: 'g',
        help: 'g',
        collect() {
          this.set(7);
        },
      }),
  );
  timed(() =>
    new Histogram({ name: 'h', help: 'h', buckets: [1], enableExemplars: true }).observe({
      value: 0.5,
      exemplarLabels: { t: 'x' },
    }),
  );
  timed(() => new Summary({ name: 's', help: 's' }).observe(2));
  timed(() => counter.remove('5'));
  const scraped = async () => {
    const began = performance.now();
    const text = await register.metrics();
    longest = Math.max(longest, performance.now() - began);
    return text;
  };
  await scraped();
  const text = await scraped();
  await new Promise((resolve) => setImmediate(resolve));
  closeSync(file);
  parentPort.postMessage({ longest, warnings, text });
}

void (isMainThread ? main() : one(workerData));
