/**
 * One Node.js with one native module: four processes and a thread update the same series, one process is killed, and
 * the sums must be exact. `node smoke.cjs <folder>`; scripts/platforms.mjs runs it on other platforms.
 *
 * It uses nothing but Node.js and the package in `dist/`, and prints one line of JSON: what is not as it should be.
 *
 * - `SMOKE_NODE` is the command that starts Node.js, as a JSON array, because on some platforms a dynamic linker stands
 *   before the path of Node.js. Without it, the command is the path of this Node.js.
 * - `SMOKE_OTHER` is a JSON object with such a `command` and its environment `env`. With it, `main` starts one further
 *   process on another platform.
 */
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { isMainThread, Worker, workerData } = require('node:worker_threads');

const { configure, Counter, Gauge, Histogram, Registry, register, Summary } = require('../../dist');

const folder = isMainThread ? process.argv[2] : workerData.folder;
const role = isMainThread ? (process.argv[3] ?? 'main') : 'thread';
configure({ segment: join(folder, 'smoke.heap'), required: true });
register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);

/** Rounds in which each process or thread updates the counters, the histogram and the summary. */
const UPDATES = 5000;
const labels = { kind: 'shared' };
const one = { help: 'h', labelNames: ['kind'] };
const counter = new Counter({ name: 'updates_total', ...one, enableExemplars: true });
const byRole = new Counter({ name: 'of_role_total', help: 'h', labelNames: ['role'] });
const histogram = new Histogram({ name: 'seconds', ...one, buckets: [0.5, 1, 2] });
const summary = new Summary({ name: 'bytes', ...one, percentiles: [0.5] });
const gauge = new Gauge({ name: 'alive', help: 'h', aggregator: 'sum' });

function update() {
  gauge.set(1);
  for (let i = 0; i < UPDATES; i += 1) {
    counter.inc({ labels });
    byRole.inc({ role });
    histogram.observe(labels, (i % 4) * 0.5);
    summary.observe(labels, i % 10);
  }
  counter.inc({ labels, value: 1, exemplarLabels: { role } });
}

/** Starts a process that updates and then waits. Resolves with it when it has updated. */
function start(name, command, env = {}) {
  const child = spawn(command[0], [...command.slice(1), __filename, folder, name], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => {
      resolve(child);
    });
    child.once('exit', (code, signal) => {
      reject(new Error(`${name} ended: ${code ?? signal}`));
    });
  });
}

/** Returns the value of a row of OpenMetrics, without its exemplar. */
function valueOf(text, row) {
  const line = text.split('\n').find((each) => each.startsWith(`${row} `));
  return line === undefined ? undefined : Number(line.slice(row.length + 1).split(' ', 1)[0]);
}

/** Returns what is not as it should be. */
async function differences(updaters, living) {
  const text = await register.metrics();
  const all = updaters * UPDATES;
  const expected = {
    'updates_total{kind="shared"}': all + updaters,
    'seconds_count{kind="shared"}': all,
    'seconds_bucket{le="0.5",kind="shared"}': all / 2,
    'seconds_bucket{le="1",kind="shared"}': (all * 3) / 4,
    'seconds_sum{kind="shared"}': all * 0.75,
    'bytes_count{kind="shared"}': all,
    'bytes_sum{kind="shared"}': all * 4.5,
    'of_role_total{role="killed"}': UPDATES,
    'of_role_total{role="thread"}': UPDATES,
    alive: living,
  };
  const wrong = Object.entries(expected)
    .map(([row, value]) => [row, value, valueOf(text, row)])
    .filter(([, value, found]) => value !== found)
    .map(([row, value, found]) => `${row} is ${found}, and should be ${value}`);
  const median = valueOf(text, 'bytes{quantile="0.5",kind="shared"}');
  if (!(Math.abs(median - 4.5) <= 0.6)) wrong.push(`the median is ${median}`);
  if (!/^updates_total\{kind="shared"\} \d+ # \{role="\w+"\} 1/m.test(text)) {
    wrong.push('there is no exemplar');
  }
  return wrong;
}

async function main() {
  const command = JSON.parse(process.env.SMOKE_NODE ?? JSON.stringify([process.execPath]));
  const { command: other, env } = JSON.parse(process.env.SMOKE_OTHER ?? '{}');
  const names = ['killed', 'first', 'second'];
  const children = await Promise.all(names.map((name) => start(name, command)));
  if (other !== undefined) children.push(await start('other', other, env));
  const thread = new Worker(__filename, { workerData: { folder } });
  await new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  update();
  const updaters = children.length + 2;
  const wrong = await differences(updaters, updaters);
  const [victim] = children;
  const dead = new Promise((resolve) => {
    victim.removeAllListeners('exit');
    victim.once('exit', resolve);
  });
  victim.kill('SIGKILL');
  await dead;
  const after = await differences(updaters, updaters - 1);
  for (const child of children) {
    child.removeAllListeners('exit');
    child.stdin.end();
  }
  await thread.terminate();
  const versions = `Node.js ${process.versions.node}, ${process.arch}`;
  const late = after.map((each) => `after the kill, ${each}`);
  console.log(JSON.stringify({ versions, wrong: [...wrong, ...late] }));
}

if (role === 'main') {
  main().catch((error) => {
    console.log(JSON.stringify({ versions: process.version, wrong: [String(error.stack)] }));
    process.exit(1);
  });
} else if (role === 'thread') {
  const { parentPort } = require('node:worker_threads');
  update();
  parentPort.postMessage('updated');
  setInterval(() => {}, 1000);
} else {
  update();
  process.stdout.write('updated\n');
  process.stdin.resume().once('end', () => {
    process.exit();
  });
}
