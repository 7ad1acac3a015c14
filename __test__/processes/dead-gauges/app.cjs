/**
 * Prints its pid, and then runs lines: `set <value>` sets all gauges, `end <pid>` tells that a process is dead, and
 * `show` prints a scrape as a list of rows.
 */
const { Gauge, markProcessDead, register } = require('mpmetrics');

const gauges = [];
for (const aggregator of ['sum', 'first', 'min', 'max', 'mostrecent', 'all']) {
  const config = { name: `keep_${aggregator}`, help: 'h', labelNames: ['k'], aggregator };
  gauges.push(new Gauge({ ...config, dead: 'keep' }));
}
for (const aggregator of ['livesum', 'livemin', 'livemax', 'livemostrecent', 'liveall']) {
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
