/** Writes 200 counters, all of the same value, to FILE without a pause; or every INTERVAL seconds by `textfile()`. */
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
