/** Reads a segment as a stranger many times, and prints what it saw the last time. */
const { Snapshot } = require('mpmetrics');
const { loadBinding } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'binding'),
);
const [path, reads] = process.argv.slice(2);

(async () => {
  let reading;
  for (let i = 0; i < Number(reads); i++) {
    reading = await loadBinding().readSegment(path, 'processes');
  }
  const metrics = await Snapshot.from(reading.snapshot).json();
  const orders = metrics.find(({ name }) => name === 'orders_total').values[0].value;
  console.log(JSON.stringify({ reads: Number(reads), orders, torn: reading.torn }));
})();
