/** Counts up to its argument, says so, and lives on. */
const { Counter } = require('mpmetrics');
new Counter({ name: 'c_total', help: 'c' }).inc(Number(process.argv[2]));
console.log('counted');
setInterval(() => {}, 1_000_000);
