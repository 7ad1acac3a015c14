/**
 * Prints its pid, and then runs the lines that it reads: `set <value>` sets all gauges, `end <pid>` calls
 * `markProcessDead()`, `show` prints the gauges' lines of a scrape, and `lose` closes the descriptor that locks the
 * slot, and then updates a metric.
 */
const { closeSync, readdirSync, readlinkSync } = require('node:fs');
const { Counter, Gauge, markProcessDead, register } = require('mpmetrics');

const gauges = [];
const KEEPING = /** @type {const} */ (['sum', 'first', 'min', 'max', 'mostrecent', 'all']);
const LIVE = /** @type {const} */ (['livesum', 'livemin', 'livemax', 'livemostrecent', 'liveall']);
for (const aggregator of KEEPING) {
  const name = `keep_${aggregator}`;
  gauges.push(new Gauge({ name, help: 'h', labelNames: ['k'], aggregator, dead: 'keep' }));
}
for (const aggregator of LIVE) {
  gauges.push(new Gauge({ name: aggregator, help: 'h', labelNames: ['k'], aggregator }));
}

const calls = {
  set: (value) => {
    for (const gauge of gauges) gauge.set({ k: 'x' }, Number(value));
    // Waits until the next update of any process has a later time.
    const now = Date.now();
    while (Date.now() <= now + 1);
    return 'done';
  },
  end: (pid) => markProcessDead(Number(pid)),
  lose: () => {
    const ours = readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).endsWith('dead.heap');
      } catch {
        return false;
      }
    });
    // The slot has a descriptor of its own. It was opened after the segment's descriptors, so it has the highest number.
    closeSync(Math.max(...ours.map(Number)));
    // A writer checks at most once a millisecond whether the slot is its own.
    const now = Date.now();
    while (Date.now() <= now + 2);
    new Counter({ name: 'other', help: 'h' }).inc();
    return ours.length;
  },
  show: async () => {
    const rows = (await register.metrics()).split('\n');
    return JSON.stringify(rows.filter((row) => /^(keep_|live)/.test(row)));
  },
};

require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    const [call, argument] = line.split(' ');
    console.log(await calls[call](argument));
  });
console.log(process.pid);
