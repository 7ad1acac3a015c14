/** Counts into the store of files: `end` returns after 1,000, `go on` counts until the process is killed. */
const { Counter } = require('mpmetrics');

const counter = new Counter({ name: 'c', help: 'h' });
for (let i = 0; i < 1000; i++) counter.inc();
process.stdout.write('counted\n');
if (process.argv[2] === 'go on') setInterval(() => counter.inc(), 1);
