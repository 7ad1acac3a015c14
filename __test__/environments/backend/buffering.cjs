/**
 * Counts into the store of files: 1,000 times; with the argument `go on`, then ten more times again and again, and
 * prints the count after each flush, until the process is killed.
 */
const { Counter } = require('mpmetrics');
const backend = require('./store.cjs');

const counter = new Counter({ name: 'c', help: 'h' });
const count = (times) => {
  for (let i = 0; i < times; i++) counter.inc();
};

async function goOn() {
  for (let counted = 1000; ; counted += 10) {
    await backend.flush();
    process.stdout.write(`${counted}\n`);
    count(10);
  }
}

count(1000);
if (process.argv[2] === 'go on') void goOn();
