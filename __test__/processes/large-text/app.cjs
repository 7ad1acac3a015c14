const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { Counter, register } = require('mpmetrics');
const { setFlagsFromString } = require('node:v8');
setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');

async function main() {
  const [series, scrapes] = process.argv.slice(2).map(Number);
  const counter = new Counter({ name: 'large_total', help: 'l', labelNames: ['id'] });
  for (let i = 0; i < series; i++) counter.inc({ id: 'number ' + i }, i);
  const text = await register.metrics();
  const lines = text.match(/^large_total\{.*$/gm);
  const right = lines.every((line, i) => line === 'large_total{id="number ' + i + '"} ' + i);
  const sameAsBuffer = (await register.metricsBuffer()).equals(Buffer.from(text));

  const worker = new Worker(__filename);
  const sent = await new Promise((resolve) => worker.once('message', resolve));
  await worker.terminate();
  const sameFromThread = sent === text;

  gc();
  const before = process.memoryUsage.rss();
  let length = 0;
  for (let i = 0; i < scrapes; i++) {
    length += (await register.metrics()).length;
    if (i % 10 === 9) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const grown = process.memoryUsage.rss() - before;
  console.log(
    JSON.stringify({ lines: lines.length, right, sameAsBuffer, sameFromThread, length, grown }),
  );
}

async function thread() {
  const held = [];
  for (let i = 0; i < 3; i++) held.push(await register.metrics());
  // The main thread terminates this thread while it still holds three texts.
  parentPort.postMessage(held[1]);
  setInterval(() => held.length, 1000);
}

if (isMainThread) main();
else thread();
