/**
 * Starts two workers, reads their segment as a stranger while they count, kills one and reads again; and so on. Prints a
 * line for each kill. This process itself has no metrics.
 */
const { spawn } = require('node:child_process');
const { Snapshot } = require('mpmetrics');
const { loadBinding } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'binding'),
);
const [kills, reads] = process.argv.slice(2).map(Number);
const path = process.env.MPMETRICS_SEGMENT;
const told = [0, 0];
const workers = [];
const last = new Map();

function start(role) {
  const child = spawn(process.execPath, ['worker.js', String(role)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const began = new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.on('data', (chunk) => (told[role] += chunk.length));
  workers[role] = { child, closed, began };
}

async function read() {
  const { snapshot, torn } = await loadBinding().readSegment(path, 'application');
  const metrics = await Snapshot.from(snapshot).json();
  return { torn, metrics, snapshot };
}

/** Returns what is wrong with a reading: a count that fell, or a sum that is not that of the buckets. */
function fault({ torn, metrics }) {
  for (const { name, values } of metrics) {
    for (const { metricName = name, labels, value } of values) {
      const key = metricName + JSON.stringify(labels);
      if (value < (last.get(key) ?? 0)) return `${key} fell to ${value} from ${last.get(key)}`;
      last.set(key, value);
    }
    const of = (suffix) => values.filter(({ metricName }) => metricName === name + suffix);
    // Other processors may read the words of a copy in another order: see docs/DECISIONS.
    if (torn > 0 || name !== 'work' || process.arch !== 'x64') continue;
    for (const [i, { value }] of of('_sum').entries()) {
      // Each observation adds 1 to both.
      const count = of('_count')[i].value;
      if (count !== value) return `${count} observations have the sum ${value}`;
    }
  }
  return null;
}

(async () => {
  start(0);
  start(1);
  for (let i = 0; i < kills; i++) {
    await Promise.all(workers.map(({ began }) => began));
    let wrong = null;
    let whole = 0;
    let made = 0;
    // On a machine with few processors, many reads may meet a worker that has lost its processor in an update.
    while (made < reads || (whole === 0 && made < 100 * reads)) {
      const reading = await read();
      made++;
      whole += reading.torn === 0 ? 1 : 0;
      wrong ??= fault(reading);
    }
    const role = i % 2;
    workers[role].child.kill('SIGKILL');
    await workers[role].closed;
    const { snapshot, torn } = await read();
    const text = await Snapshot.from(snapshot).text();
    const acknowledged = told[role];
    console.log(JSON.stringify({ role, acknowledged, text, torn, reads: made, whole, wrong }));
    start(role);
  }
  for (const { child } of workers) child.kill('SIGKILL');
})();
