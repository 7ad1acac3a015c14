/**
 * Writes 200 metrics to FILE. Without INTERVAL they are gauges: the program adds 1 to all of them and writes them,
 * TIMES times without a pause. With INTERVAL they are counters: the program adds 1 to the first one, once, and
 * `textfile()` writes them every INTERVAL seconds.
 *
 * In every file, all gauges have the same value: a process writes only when it has added 1 to all of its gauges. If a
 * process is killed before that, its gauges have different values, but a file leaves out the gauges of dead processes.
 */
const { Counter, Gauge, register, textfile } = require('mpmetrics');

const Metric = process.env.INTERVAL === undefined ? Gauge : Counter;
const metrics = Array.from(
  { length: 200 },
  (_, i) => new Metric({ name: `c_${i}_total`, help: 'h'.repeat(500) }),
);
const file = process.env.FILE;
if (process.env.INTERVAL === undefined) {
  (async () => {
    for (let n = 0; n < Number(process.env.TIMES); n++) {
      for (const metric of metrics) metric.inc();
      await register.writeToTextfile(file);
      if (n === 0) console.log(JSON.stringify(process.pid));
    }
    console.log(JSON.stringify('written'));
  })();
} else {
  metrics[0].inc();
  textfile({ path: file, intervalSeconds: Number(process.env.INTERVAL) });
  console.log(JSON.stringify(process.pid));
  if (process.env.END === undefined) setInterval(() => undefined, 1000);
}
