/**
 * Ends while another process holds the heap lock. With the argument `pending` it then has pending series, with `kept`
 * also a removal that a scrape keeps back. When it ends, it starts a shell that kills the holder of the lock after
 * 100 ms, which is five times the deadline of the lock.
 */
const { spawn } = require('node:child_process');
process.on('exit', () => {
  spawn('sh', ['-c', 'sleep 0.1; kill -9 ' + holder], { detached: true, stdio: 'ignore' }).unref();
});
const { Counter, Gauge, register } = require('mpmetrics');
const [, , how] = process.argv;
const left = new Counter({ name: 'left_total', help: 'l', labelNames: ['n'] });
new Gauge({ name: 'slow', help: 's', collect: () => new Promise(() => {}) });
left.inc({ n: 'first' });
let holder;
console.log('ready');
process.stdin.once('data', (line) => {
  holder = Number(line);
  // This call waits for the lock for 270 ms: the deadline, which is 20 ms for each call, and the grace, which is 250 ms
  // for all calls of a thread together. The call uses up the grace, so later calls wait only until the deadline.
  left.inc({ n: 'second' });
  if (how === 'kept') {
    void register.metrics();
    left.remove('first');
  }
  for (let n = 0; n < 100; n++) left.inc({ n });
  process.exit();
});
