/** Adds 1 and takes 1 by turns, ends with 1 more, and says so; goes on for ever with `for ever`. */
const { Gauge } = require('mpmetrics');
const gauge = new Gauge({ name: 'in_flight', help: 'i', aggregator: 'shared', labelNames: ['k'] });
const child = gauge.labels('x');
const [, , times, ever] = process.argv;
const round = () => {
  for (let i = 0; i < Number(times); i++) {
    child.inc(2);
    gauge.dec({ k: 'x' });
    child.dec(1);
  }
  child.inc();
};
do round();
while (ever);
console.log('done');
process.stdin.on('data', () => process.exit());
