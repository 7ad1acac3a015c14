/** A process that `registering.mjs` measures: it makes counter series by updating each of them once. */
const { client, series } = JSON.parse(process.argv[2]);
const { default: metrics } = await import(client);

const make = (name) =>
  new metrics.Counter({ name, help: 'made by the benchmark', labelNames: ['id', 'route'] });
// Opens the heap and has the code compiled before the measurement begins.
const before = make('before_total');
for (let i = 0; i < 300; i++) before.inc({ id: `number ${i}`, route: '/' });
const counter = make('made_total');

process.on('message', (message) => {
  if (message === 'end') process.exit();
  for (let i = 0; i < series; i++) counter.inc({ id: `number ${i}`, route: '/' });
  process.send({ made: series });
});
process.send('ready');
