/**
 * `add.js TIMES [EVER]`: a round adds 2 to a gauge and subtracts 2 again, TIMES times, and at last adds 1. The program
 * makes one round and prints `done`. If there is a second argument, it makes rounds for ever.
 */
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
