const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const { dirname } = require('node:path');
const { register, Counter } = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const [removals, how] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
new Counter({ name: 'root_total', help: 'h' }).inc(1);
const path = openSegment({ create: false }).path;
// The number of rounds for each label value `n`. `told` has the numbers that the writers report at the end; `killed`
// has how many bytes each killed writer wrote: its main thread writes one after each round.
const told = {};
const killed = {};
const running = new Map();
let started = 0;
const start = () => {
  const n = 'w' + started++;
  const child = spawn(process.execPath, ['writer.js', n], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'ipc'],
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const writer = { child, closed, rounds: 0, inHeap: false };
  child.stdio[3].on('data', (chunk) => (writer.rounds += chunk.length));
  running.set(n, writer);
  return n;
};
const kill = async (n) => {
  const writer = running.get(n);
  running.delete(n);
  writer.child.kill('SIGKILL');
  await writer.closed;
  killed[n] = writer.rounds;
};
// Waits until the series of a process are in the heap: while they are pending, a kill loses their counts.
const untilInHeap = async (n) => {
  for (;;) {
    const text = await register.metrics();
    if (
      ['c', 'h_count', 's_count', 'shared'].every((name) => text.includes(name + '{n="' + n + '"}'))
    )
      break;
    await sleep(20);
  }
  running.get(n).inHeap = true;
};
(async () => {
  for (let i = 0; i < 3; i++) start();
  for (const n of running.keys()) await untilInHeap(n);
  for (let i = 0; i < Number(removals); i++) {
    // Retries, because other processes may make files in the directory meanwhile.
    rmSync(how === 'directory' ? dirname(path) : path, {
      recursive: true,
      force: true,
      maxRetries: 50,
    });
    // The pause is random: the loop goes on before a process has found the removal, while processes follow into the
    // copy, or after that.
    await sleep(Math.random() * 1_500);
    if (i % 3 === 0) {
      const found = [...running.keys()].find((n) => running.get(n).inHeap);
      const victim = found ?? running.keys().next().value;
      if (found === undefined) await untilInHeap(victim);
      await kill(victim);
    }
    if (i % 3 === 0) {
      // A process that starts before any other has found that the file is gone makes a new segment, and later adds its
      // counts to the copy. If it is killed before that, its counts are lost. So before every second start this process
      // scrapes, which makes the copy.
      const copied = i % 2 === 0;
      if (copied) await register.metrics();
      const n = start();
      if (copied) await untilInHeap(n);
    }
    if (i % 4 === 0) await register.metrics();
  }
  for (const { child } of running.values()) {
    const totals = new Promise((resolve) => child.once('message', resolve));
    child.send('end');
    Object.assign(told, await totals);
  }
  // A writer moves its metrics one by one, each under its own hold of the heap lock. A scrape between two of these holds
  // shows one metric in full and another not yet.
  const names = ['c', 'h_count', 'h_sum', 's_count', 'shared', 'g'];
  const shows = async () => {
    const text = await register.metrics();
    const whole = Object.entries(told).every(([n, rounds]) =>
      names.every((name) => text.includes(name + '{n="' + n + '"} ' + rounds + '\n')),
    );
    return whole ? text : null;
  };
  let text = null;
  for (let i = 0; i < 600 && text === null; i++) {
    await sleep(50);
    text = await shows();
  }
  text ??= await register.metrics();
  await new Promise((resolve) =>
    process.stdout.write(JSON.stringify({ told, killed, text }) + '\n', resolve),
  );
  for (const { child } of running.values()) child.kill('SIGKILL');
  process.exit();
})();
