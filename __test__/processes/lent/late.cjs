/** The main thread makes its first metrics while it prints the metrics of a worker thread. */
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { Counter, register } = require('mpmetrics');
if (!isMainThread) {
  const counter = new Counter({ name: 'many_total', help: 'm', labelNames: ['n'] });
  for (let n = 0; n < 20_000; n++) counter.inc({ n });
  parentPort.postMessage('ready');
} else {
  process.on('warning', ({ message }) => console.error(message));
  new Worker(__filename).once('message', async () => {
    let pending = true;
    const first = register.metrics().finally(() => (pending = false));
    let n = 0;
    const turn = () => {
      if (!pending) return;
      new Counter({ name: 'late_' + n + '_total', help: 'l' }).inc();
      n++;
      setTimeout(turn, 1);
    };
    turn();
    await first;
    const text = await register.metrics();
    const lines = (pattern) => text.match(pattern)?.length ?? 0;
    console.log(
      JSON.stringify({
        n,
        late: lines(/^late_\d+_total 1$/gm),
        many: lines(/^many_total\{.* 1$/gm),
      }),
    );
    process.exit();
  });
}
