const { Counter, register } = require('mpmetrics');
const counter = new Counter({ name: 'c', help: 'c', labelNames: ['n'] });
console.log('ready');
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    if (line === 'inc') counter.inc({ n: 1 });
    if (line === 'leave') process.exit();
    const told = await register.metrics().then(
      (text) => ({ text }),
      ({ code, message }) => ({ code, message }),
    );
    console.log(JSON.stringify(told));
  });
