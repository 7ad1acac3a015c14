/**
 * Writes 200 counters to FILE: TIMES times without a pause, each time after adding 1 to all of them; or, if INTERVAL is
 * set, every INTERVAL seconds by `textfile()`, after adding 1 to the first counter once.
 */
const { Counter, register, textfile } = require('mpmetrics');

const counters = Array.from(
  { length: 200 },
  (_, i) => new Counter({ name: `c_${i}_total`, help: 'h'.repeat(500) }),
);
const file = process.env.FILE;
if (process.env.INTERVAL === undefined) {
  (async () => {
    for (let n = 0; n < Number(process.env.TIMES); n++) {
      for (const counter of counters) counter.inc();
      await register.writeToTextfile(file);
      if (n === 0) console.log(JSON.stringify(process.pid));
    }
    console.log(JSON.stringify('written'));
  })();
} else {
  counters[0].inc();
  textfile({ path: file, intervalSeconds: Number(process.env.INTERVAL) });
  console.log(JSON.stringify(process.pid));
  if (process.env.END === undefined) setInterval(() => undefined, 1000);
}
